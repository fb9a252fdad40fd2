import FoundationEssentials
import Redis
import Store

/// What operators and clients do to live jobs.
extension LiveIndex {
    /// Where a job was when it was to be taken back.
    enum Taking: Equatable {
        /// Not in the index.
        case absent
        /// Runs: its worker will see the mark, unless it is only superseded.
        case running
        /// It waited, and is under a claim of the canceller's now.
        case taken(fence: Int64, at: Date)
    }

    /// Takes jobs back that wait, and marks those that run.
    ///
    /// - Parameters:
    ///   - jobs: Whose cancellation was noted in the journal.
    ///   - canceller: The worker of the claims.
    ///   - lease: Should the canceller die, a job turns up again after this, marked.
    /// - Returns: One for each, in order.
    /// - Throws: `RedisError`, or `PostgresError` while the epoch is renewed.
    func takeBack(_ jobs: [CancellationRecord], as canceller: String, lease: Duration) async throws
        -> [Taking]
    {
        guard !jobs.isEmpty else { return [] }
        var arguments: [RedisArgument] = [.string(canceller), .init(lease.wholeMilliseconds)]
        for job in jobs {
            arguments += [.string(job.queue), .bytes(job.jobID.bytes), job.isSuperseded ? 1 : 0]
        }
        let reply = try await eval(QueueScript.cancel, arguments).array ?? []
        guard reply.count == 1 + jobs.count * 3, let now = reply[0].int else {
            throw LiveIndexError.badReply
        }
        return try jobs.indices.map { index in
            guard let state = reply[1 + index * 3].string, let fence = reply[2 + index * 3].int else {
                throw LiveIndexError.badReply
            }
            switch state {
            case "absent": return .absent
            case "running": return .running
            default: return .taken(fence: Int64(fence), at: Date(millisecondsSince1970: Int64(now)))
            }
        }
    }

    /// Marks jobs to be taken back, wherever they turn up.
    func markCancelled(_ jobs: [UUID]) async throws {
        guard !jobs.isEmpty else { return }
        let now = RedisArgument.integer(try await time())
        _ = try await redis.send(
            RedisCommand("ZADD", [.string(keys.cancelled)] + jobs.flatMap { [now, .bytes($0.bytes)] })
        )
    }

    /// Tells which claims are to be taken back.
    func cancelled(among leases: [Lease]) async throws -> [Lease] {
        guard !leases.isEmpty else { return [] }
        let marks =
            try await eval(QueueScript.marked, leases.map { .bytes($0.job.id.bytes) }).array ?? []
        return zip(leases, marks).filter { $0.1.int == 1 }.map(\.0)
    }

    /// Stops a queue, or lets it go on.
    func setPaused(_ isPaused: Bool, _ queue: String) async throws {
        let meta = RedisArgument.string(keys.meta(queue))
        _ =
            isPaused
            ? try await redis.send(RedisCommand("HSET", [meta, "paused", "1"]))
            : try await redis.send(RedisCommand("HDEL", [meta, "paused"]))
        if !isPaused { try await wake([queue]) }
    }

    /// How many jobs of a queue are live.
    func liveJobs(of queue: String) async throws -> Int {
        try await redis.send(RedisCommand("HLEN", [.string(keys.jobs(queue))])).int ?? 0
    }

    /// What stands between a job and its start.
    struct Obstacles {
        var place: String
        var isPaused: Bool
        var aheadInGroup: Int
        var aheadInOthers: Int
        var runningInGroup: Int
        var keyHolder: UUID?
        var due: Date?
        var isToBeCancelled: Bool
    }

    /// Tells what stands between a job and its start.
    func obstacles(of job: UUID, queue: String) async throws -> Obstacles {
        let reply = try await eval(QueueScript.why, [.string(queue), .bytes(job.bytes)]).array ?? []
        guard reply.count == 8, let place = reply[0].string, let due = reply[6].int else {
            throw LiveIndexError.badReply
        }
        return Obstacles(
            place: place,
            isPaused: reply[1].int == 1,
            aheadInGroup: reply[2].int ?? 0,
            aheadInOthers: reply[3].int ?? 0,
            runningInGroup: reply[4].int ?? 0,
            keyHolder: reply[5].bytes.flatMap { UUID(bytes: $0) },
            due: due == 0 ? nil : Date(millisecondsSince1970: Int64(due)),
            isToBeCancelled: reply[7].int == 1
        )
    }
}
