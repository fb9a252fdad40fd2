import FoundationEssentials
import Redis
import Store
import TestKit

@testable import Jobs

extension JobRecord {
    /// A `noop` job that is due at once and has an hour, unless said otherwise.
    static func sample(
        queue: String = "noop",
        cluster: UUID? = nil,
        priority: Int = 5,
        deadline: Date? = Date().addingTimeInterval(3600),
        runAt: Date = Date(),
        maxAttempts: Int = 3,
        exclusiveKey: String? = nil,
        id: UUID = .version7()
    ) -> JobRecord {
        JobRecord(
            id: id,
            type: queue,
            queue: queue,
            clusterID: cluster,
            parameters: Array("{}".utf8),
            priority: priority,
            deadline: deadline,
            runAt: runAt,
            maxAttempts: maxAttempts,
            exclusiveKey: exclusiveKey,
            submittedAt: Date(),
            submittedBy: "test"
        )
    }
}

extension TestFleet {
    var index: LiveIndex { queue.index }
    var journal: JobJournal { queue.journal }

    /// Accepts jobs as they are, past the catalogue, and enqueues them.
    @discardableResult
    func put(_ jobs: [JobRecord]) async throws -> [JobRecord] {
        let accepted = try await commit(jobs)
        try await index.enqueue(accepted.map { .init(job: $0) })
        return accepted
    }

    /// Accepts jobs without enqueueing them, as a process that died in between.
    @discardableResult
    func commit(_ jobs: [JobRecord]) async throws -> [JobRecord] {
        try await journal.accept(jobs.map { JobAcceptance(record: $0, runsAtOnce: false) }).compactMap {
            guard case .accepted(let job) = $0 else { return nil }
            return job
        }
    }

    func claim(
        _ limit: Int = 1,
        worker: String = "w1",
        queues: [String] = ["noop"],
        leastUrgent: Int = 10,
        lease: Duration = .seconds(60)
    ) async throws -> [Lease] {
        try await index.claim(
            worker: worker,
            queues: queues,
            limit: limit,
            leastUrgent: leastUrgent,
            lease: lease
        ).leases
    }

    func settle(_ lease: Lease, _ how: LiveIndex.Settlement) async throws -> Bool {
        try await index.settle([
            (queue: lease.job.queue, job: lease.job.id, fence: lease.fence, how: how)
        ])[0]
    }

    func place(of job: JobRecord) async throws -> LiveIndex.Place {
        try await index.places(of: [(queue: job.queue, id: job.id)])[0]
    }

    func reaper(queues: [String] = ["noop"]) -> LeaseReaper {
        LeaseReaper(journal: journal, index: index, queues: queues, logger: logger)
    }

    /// The jobs' outcomes as the journal has them; those without one are missing.
    func outcome(of job: UUID) async throws -> AttemptRecord? {
        try await journal.entry(job)?.outcome
    }

    /// What is left in Redis besides the fleet's own keys: nothing, once all jobs are finished.
    func leftovers() async throws -> [String] {
        var found: [String] = []
        var cursor = "0"
        repeat {
            let reply = try await redis.send(
                RedisCommand("SCAN", [.string(cursor), "MATCH", .string("{\(fleetName)}:*"), "COUNT", 1000])
            )
            guard let parts = reply.array, parts.count == 2 else { break }
            found += (parts[1].array ?? []).compactMap(\.string)
            cursor = parts[0].string ?? "0"
        } while cursor != "0"
        return found.map { String($0.dropFirst("{\(fleetName)}:".count)) }.filter { key in
            let isFleets = ["epoch", "fence", "loaded", "queues", "workers"].contains(key)
            let isCounter = key.hasSuffix(":meta") || key.hasSuffix(":wake") || key.contains(":rate:")
            return !isFleets && !isCounter && !key.hasPrefix("worker:")
        }.sorted()
    }
}
