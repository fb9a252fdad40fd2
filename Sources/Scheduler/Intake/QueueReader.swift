import AWS
import Bootstrap
import FoundationEssentials
import Interruptions
import Logging
import Store

/// Reads one customer's queue: a message is deleted only when what it says is committed.
///
/// A message that comes again, because it was not deleted in time, changes nothing.
struct QueueReader: Sendable {
    /// How events' jobs name who submitted them.
    static let submitter = "event-intake"

    let customer: CustomerRecord
    let open: @Sendable (CustomerRecord) throws(AWSError) -> CustomerQueue
    let inbox: InterruptionInbox
    let settings: IntakeSettings
    let state: QueueState
    let metrics: IntakeMetrics
    let logger: Logger

    /// Reads until cancelled.
    ///
    /// Cancellation ends a poll at once; messages that were received by then are still stored and deleted.
    func run() async {
        var plan = ReadPlan()
        while !Task.isCancelled {
            let pause: Duration
            do throws(AWSError) {
                pause = try await read(&plan)
            } catch {
                guard !Task.isCancelled else { break }
                pause = plan.failed(mayPass: ReadPlan.mayPass(error), random: .random(in: 0...1))
                if state.couldNotRead(error, failures: plan.failures) {
                    logger.warning(
                        "cannot read a customer's queue",
                        metadata: ["customer.id": "\(customer.id.text)", "error": "\(error)"]
                    )
                }
            }
            // Cancellation ends the loop.
            if pause > .zero { try? await Task.sleep(for: pause) }
        }
    }

    /// One poll, and what it brings.
    ///
    /// - Returns: How long to pause.
    private func read(_ plan: inout ReadPlan) async throws(AWSError) -> Duration {
        let started = ContinuousClock.now
        let queue = try open(customer)
        let messages = try await queue.sqs.receive(
            from: queue.url,
            limit: settings.messages,
            wait: settings.wait,
            visibility: settings.visibility
        )
        state.wasRead()
        if !messages.isEmpty { await settle(messages, of: queue) }
        return plan.succeeded(messages.count, took: ContinuousClock.now - started)
    }

    /// Stores and deletes messages, whether or not somebody cancels meanwhile: left alone they would come again only
    /// after their time, of which a warning has none.
    private func settle(_ messages: [SQS.Message], of queue: CustomerQueue) async {
        let work = Task {
            guard let stored = await store(messages, from: queue.url) else { return }
            await delete(stored, from: queue)
        }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            state.stop()
        }
    }

    // MARK: - Storing

    /// What is to be stored of one message.
    private struct Content {
        let message: SQS.Message
        var events: [InterruptionEvent] = []
        var letter: DeadLetter?
    }

    /// Stores messages.
    ///
    /// - Returns: Those to delete; nil if they must come again.
    private func store(_ messages: [SQS.Message], from url: QueueURL) async -> [SQS.Message]? {
        let contents = messages.map { content(of: $0, url) }
        if await store(contents, url) { return messages }
        guard !state.isStopping else { return nil }
        // One of them cannot be stored: it must not keep the others.
        var stored: [SQS.Message] = []
        for content in contents {
            if await store([content], url) {
                stored.append(content.message)
            } else if !state.isStopping {
                let unstorable = Content(
                    message: content.message,
                    letter: letter(content.message, "what it says could not be stored", url)
                )
                if await store([unstorable], url) { stored.append(content.message) }
            }
        }
        return stored
    }

    private func content(of message: SQS.Message, _ url: QueueURL) -> Content {
        do throws(UnreadableMessage) {
            switch try InterruptionParser.parse(message.body, region: url.region.name) {
            case .events(let events):
                metrics.read(.events)
                return Content(message: message, events: events)
            case .ignored(let reason):
                metrics.read(.ignored)
                logger.debug(
                    "ignored a message",
                    metadata: ["message.id": "\(message.id)", "reason": "\(reason)"]
                )
                return Content(message: message)
            }
        } catch {
            metrics.read(.unreadable)
            logger.notice(
                "put aside a message that cannot be read",
                metadata: [
                    "customer.id": "\(customer.id.text)", "message.id": "\(message.id)",
                    "reason": "\(error.reason)",
                ]
            )
            return Content(message: message, letter: letter(message, error.reason, url))
        }
    }

    private func letter(_ message: SQS.Message, _ reason: String, _ url: QueueURL) -> DeadLetter {
        DeadLetter(
            customerID: customer.id,
            queueURL: url.text,
            messageID: message.id,
            reason: reason,
            body: message.body
        )
    }

    /// Commits, and tries again for as long as PostgreSQL is away.
    ///
    /// - Returns: False if it is no use, or there is no more time.
    private func store(_ contents: [Content], _ url: QueueURL) async -> Bool {
        let events = contents.flatMap(\.events)
        let letters = contents.compactMap(\.letter)
        var plan = ReadPlan()
        while true {
            do {
                let entries = try await inbox.record(
                    events,
                    of: customer.id,
                    from: url.text,
                    by: Self.submitter,
                    letters: letters
                )
                for (event, entry) in zip(events, entries) where entry.isNew {
                    metrics.received(event, entry.status, at: Date())
                }
                return true
            } catch {
                logger.warning(
                    "could not store events",
                    metadata: ["customer.id": "\(customer.id.text)", "error": "\(error)"]
                )
                guard StoreFailure.mayPass(error), !state.isStopping else { return false }
                // Nobody cancels this task; a reader that must end waits a few seconds for it.
                try? await Task.sleep(
                    for: min(plan.failed(mayPass: true, random: .random(in: 0...1)), .seconds(3))
                )
                guard !state.isStopping else { return false }
            }
        }
    }

    // MARK: - Deleting

    private func delete(_ messages: [SQS.Message], from queue: CustomerQueue) async {
        guard !messages.isEmpty else { return }
        do throws(AWSError) {
            var failures = try await queue.sqs.delete(messages.map(\.receipt), from: queue.url)
            if !failures.isEmpty {
                failures = try await queue.sqs.delete(failures.map(\.receipt), from: queue.url)
            }
            // One whose time has passed comes again, and is deleted then.
            state.couldNotDelete(
                failures.first.map { failure in
                    let text = "messages cannot be deleted: \(failure.code.rawValue) (\(failure.rawCode))"
                    return QueueState.Problem(code: failure.code.rawValue, text: text)
                }
            )
        } catch {
            let text = "messages cannot be deleted: \(QueueState.text(error))"
            state.couldNotDelete(QueueState.Problem(code: error.code.rawValue, text: text))
            logger.warning(
                "could not delete messages: they come again",
                metadata: ["customer.id": "\(customer.id.text)", "error": "\(error)"]
            )
        }
    }
}
