public import FoundationEssentials
import Redis
public import Store

extension LiveIndex {
    /// Where a job is among the live ones.
    public enum Place: Sendable, Equatable {
        /// Not in the index.
        case absent
        /// Waits for its time.
        case delayed(until: Date, attemptsUsed: Int)
        /// Waits for a worker.
        case ready(attemptsUsed: Int)
        /// Waits for this job to free its exclusive key.
        case blocked(by: UUID?, attemptsUsed: Int)
        /// Runs under this claim.
        case running(worker: String, fence: Int64, attemptsUsed: Int)
    }

    /// Tells where jobs are.
    ///
    /// - Parameter jobs: Queue and id of each.
    /// - Returns: One place for each, in order.
    /// - Throws: `RedisError`, or `PostgresError` while the epoch is renewed.
    public func places(of jobs: [(queue: String, id: UUID)]) async throws -> [Place] {
        guard !jobs.isEmpty else { return [] }
        let arguments = jobs.flatMap { [RedisArgument.string($0.queue), .bytes($0.id.bytes)] }
        let reply = try await eval(QueueScript.locate, arguments).array ?? []
        guard reply.count == jobs.count else { throw LiveIndexError.badReply }
        return try reply.map { item in
            guard let parts = item.array, parts.count == 3, let attempts = parts[2].int else {
                throw LiveIndexError.badReply
            }
            switch parts[0].string {
            case "running":
                guard let (fence, worker, _) = Self.claim(parts[1].bytes ?? []) else {
                    throw LiveIndexError.badReply
                }
                return .running(worker: worker, fence: fence, attemptsUsed: attempts)
            case "delayed":
                let due = Date(millisecondsSince1970: Int64(parts[1].double ?? 0))
                return .delayed(until: due, attemptsUsed: attempts)
            case "blocked":
                return .blocked(by: parts[1].bytes.flatMap { UUID(bytes: $0) }, attemptsUsed: attempts)
            case "ready": return .ready(attemptsUsed: attempts)
            default: return .absent
            }
        }
    }

    /// Finds which of some jobs are not in the index.
    ///
    /// - Parameter jobs: Queue and id of each.
    /// - Returns: Their places in the list, in order.
    /// - Throws: `RedisError`, or `PostgresError` while the epoch is renewed.
    func missing(among jobs: [(queue: String, id: UUID)]) async throws -> [Int] {
        guard !jobs.isEmpty else { return [] }
        var missing: [Int] = []
        for start in stride(from: 0, to: jobs.count, by: Self.batch) {
            let part = jobs[start..<min(start + Self.batch, jobs.count)]
            var arguments: [RedisArgument] = []
            var order: [Int] = []
            for (queue, places) in Self.places(of: part, by: \.queue) {
                arguments += [.string(queue), .init(places.count)]
                arguments += places.map { .bytes(part[start + $0].id.bytes) }
                order += places
            }
            for place in try await eval(QueueScript.missing, arguments).array ?? [] {
                guard let place = place.int, order.indices.contains(place) else {
                    throw LiveIndexError.badReply
                }
                missing.append(start + order[place])
            }
        }
        return missing.sorted()
    }

    /// How a queue stands.
    public struct QueueStats: Sendable {
        /// The queue.
        public var name: String
        /// Jobs that wait for a worker.
        public var ready: Int
        /// Jobs that wait for their time.
        public var delayed: Int
        /// Jobs that wait for an exclusive key.
        public var blocked: Int
        /// Jobs that run.
        public var running: Int
        /// Whether an operator stopped it.
        public var isPaused: Bool
        /// How long the longest waiting head of a group has waited.
        public var oldestReady: Duration?
        /// Until the earliest deadline among the heads of the groups; negative once passed.
        public var minimumSlack: Duration?
        /// Jobs accepted in the last full minute.
        public var acceptedLastMinute: Int
        /// Jobs finished in the last full minute.
        public var finishedLastMinute: Int
        /// How long these ran, all together.
        public var busyLastMinute: Duration
    }

    /// Counts queues.
    ///
    /// - Parameter queues: Which; nil for all that ever held a job.
    /// - Returns: One a queue, in order.
    /// - Throws: `RedisError`, or `PostgresError` while the epoch is renewed.
    public func stats(of queues: [String]?) async throws -> [QueueStats] {
        let names: [String]
        if let queues {
            names = queues
        } else {
            let members = try await redis.send(RedisCommand("SMEMBERS", [.string(keys.queues)])).array ?? []
            names = members.compactMap(\.string).sorted()
        }
        guard !names.isEmpty else { return [] }
        let reply = try await eval(QueueScript.stats, names.map(RedisArgument.string)).array ?? []
        guard reply.count == 1 + names.count * 12, let now = reply[0].int else {
            throw LiveIndexError.badReply
        }
        return try stride(from: 1, to: reply.count, by: 12).map { start in
            let numbers = reply[start + 1..<start + 12].compactMap(\.int)
            guard let name = reply[start].string, numbers.count == 11 else { throw LiveIndexError.badReply }
            let (live, delayed, running, blocked) = (numbers[0], numbers[1], numbers[2], numbers[3])
            return QueueStats(
                name: name,
                ready: max(0, live - delayed - running - blocked),
                delayed: delayed,
                blocked: blocked,
                running: running,
                isPaused: numbers[4] == 1,
                oldestReady: numbers[5] == 0 ? nil : .milliseconds(max(0, now - numbers[5])),
                minimumSlack: numbers[6] == 0 ? nil : .milliseconds(numbers[6] - now),
                acceptedLastMinute: numbers[7],
                finishedLastMinute: numbers[8],
                busyLastMinute: .milliseconds(numbers[10])
            )
        }
    }

    /// States in which jobs of a queue can be looked at.
    public enum PeekState: String, Sendable, CaseIterable {
        /// In claim order.
        case ready
        /// By the time they are due.
        case delayed
        /// By the end of their lease.
        case running
        /// By their exclusive key.
        case blocked
    }

    /// Shows jobs of a queue in the order in which they will move on.
    ///
    /// - Parameters:
    ///   - queue: Which.
    ///   - state: Those in this state.
    ///   - offset: How many to pass over, up to 10,000.
    ///   - limit: At most this many, 1 to 1,000.
    /// - Returns: The jobs.
    /// - Throws: `RedisError`, or `PostgresError` while the epoch is renewed.
    public func peek(_ queue: String, _ state: PeekState = .ready, from offset: Int = 0, limit: Int)
        async throws
        -> [JobRecord]
    {
        let reply =
            try await eval(
                QueueScript.peek,
                [.string(queue), .string(state.rawValue), .init(offset), .init(limit)]
            ).array ?? []
        var jobs: [JobRecord] = []
        for position in stride(from: 0, to: reply.count - 1, by: 2) {
            guard let id = reply[position].bytes, let blob = reply[position + 1].bytes, !blob.isEmpty else {
                continue
            }
            jobs.append(try JobEnvelope(id: id, bytes: blob).job)
        }
        return jobs
    }
}
