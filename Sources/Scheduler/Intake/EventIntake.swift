import AWS
import Bootstrap
import FoundationEssentials
import Interruptions
import Logging
import Store

/// Reads the queues of all customers, together with the other schedulers: each queue is read by one of them.
///
/// Leases in PostgreSQL say by which. That two read one queue for a moment does no harm: messages are hidden from
/// the other, and an event is stored once.
struct EventIntake: Sendable {
    let leases: QueueLeaseStore
    let events: SpotEventStore
    let inbox: InterruptionInbox
    /// A customer's queue.
    let open: @Sendable (CustomerRecord) throws(AWSError) -> CustomerQueue
    /// Of this scheduler alone.
    let holder: String
    let settings: IntakeSettings
    let metrics = IntakeMetrics()
    let logger: Logger

    /// Reads until cancelled; then gives its queues to the others at once.
    func run() async {
        await withDiscardingTaskGroup { group in
            var table = ReaderTable()
            var leasedUntil = ContinuousClock.now
            while !Task.isCancelled {
                let started = ContinuousClock.now
                do {
                    try await share(&table, &group)
                    leasedUntil = started + settings.lease
                } catch {
                    guard !Task.isCancelled else { break }
                    logger.warning("could not renew the leases of queues", metadata: ["error": "\(error)"])
                    // Somebody else may have them now; and what is read could not be stored.
                    if ContinuousClock.now > leasedUntil { table.stopAll() }
                }
                metrics.queues(table.conditions)
                await settle()
                // Cancellation ends the loop.
                try? await Task.sleep(until: started + settings.tick)
            }
            table.stopAll()
        }
        // In a task of its own, since this one is cancelled.
        await Task {
            do {
                try await leases.release(nil, of: holder)
            } catch {
                logger.debug("could not release the leases of queues", metadata: ["error": "\(error)"])
            }
        }.value
    }

    /// Renews what is ours, and takes or gives back queues until everybody has a share.
    private func share(_ table: inout ReaderTable, _ group: inout DiscardingTaskGroup) async throws {
        let census = try await leases.register(holder, for: settings.lease)
        let kept = try await leases.renew(table.readings, for: holder, settings.lease)
        table.keep(only: kept)
        // A customer whose role or queue has changed is read anew.
        for customer in kept where !table.isReading(customer) { start(customer, &table, &group) }
        let share = min(census.share, settings.queues)
        let excess = table.stop(beyond: share)
        if !excess.isEmpty { try await leases.release(excess, of: holder) }
        let free = share - table.count
        if free > 0 {
            for customer in try await leases.claim(free, for: holder, settings.lease) {
                start(customer, &table, &group)
            }
        }
    }

    /// Finishes events whose job has ended without a word.
    private func settle() async {
        do {
            _ = try await events.settleEnded()
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning("could not finish events of jobs that ended", metadata: ["error": "\(error)"])
        }
    }

    private func start(
        _ customer: CustomerRecord,
        _ table: inout ReaderTable,
        _ group: inout DiscardingTaskGroup
    ) {
        let (stop, state) = table.add(customer)
        let reader = QueueReader(
            customer: customer,
            open: open,
            inbox: inbox,
            settings: settings,
            state: state,
            metrics: metrics,
            logger: logger
        )
        group.addTask {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await reader.run() }
                group.addTask { for await _ in stop {} }
                await group.next()
                group.cancelAll()
            }
        }
    }
}
