import FoundationEssentials
public import Redis
public import Store
import Synchronization

/// The fast index of live jobs in Redis: one method a script.
///
/// It can be lost at any time. Each call carries the epoch this process knows; when Redis is of another epoch
/// (emptied, restored, failed over to a stale copy), the call renews it (``renewEpoch()``) and tries again once.
public final class LiveIndex: Sendable {
    let redis: RedisClient
    let keys: RedisKey
    let journal: JobJournal
    let knownEpoch = Mutex<Epoch?>(nil)

    /// - Parameters:
    ///   - redis: Connections to Redis.
    ///   - journal: Where the epoch comes from.
    ///   - fleet: The fleet's name, the root of its keys.
    public init(redis: RedisClient, journal: JobJournal, fleet: String) {
        self.redis = redis
        self.journal = journal
        keys = RedisKey(fleet: fleet)
    }

    /// A job to put into the index.
    struct Entry {
        var job: JobRecord
        var attemptsUsed = 0
        var isReloaded = false
    }

    /// Puts accepted jobs into the index; those it holds already are left alone.
    ///
    /// - Returns: How many were new.
    @discardableResult
    func enqueue(_ entries: [Entry]) async throws -> Int {
        guard !entries.isEmpty else { return 0 }
        var arguments: [RedisArgument] = []
        arguments.reserveCapacity(entries.count * 5)
        for entry in entries {
            arguments.append(.string(entry.job.queue))
            arguments.append(.bytes(entry.job.id.bytes))
            arguments.append(.integer(entry.job.runAt.millisecondsSince1970))
            arguments.append(.integer(Int64(entry.attemptsUsed)))
            arguments.append(.bytes(JobEnvelope(job: entry.job, isReloaded: entry.isReloaded).encoded()))
        }
        return try await eval(QueueScript.enqueue, arguments).int ?? 0
    }

    /// What a claim call gave.
    struct Claims {
        var leases: [Lease] = []
        /// Until a delayed job is due; nil if none is.
        var nextDue: Duration?
    }

    /// Claims the jobs that come first.
    func claim(
        worker: String,
        queues: [String],
        limit: Int,
        leastUrgent: Int,
        lease: Duration
    ) async throws -> Claims {
        let arguments: [RedisArgument] =
            [.string(worker), .init(limit), .init(leastUrgent), .init(lease.wholeMilliseconds)]
            + queues.map(RedisArgument.string)
        let reply = try await eval(QueueScript.claim, arguments).array ?? []
        guard reply.count >= 2, let now = reply[0].int, let due = reply[1].int else {
            throw LiveIndexError.badReply
        }
        var claims = Claims()
        if due > 0 { claims.nextDue = .milliseconds(max(0, due - now)) }
        var position = 2
        while position + 7 <= reply.count {
            defer { position += 7 }
            guard let id = reply[position + 1].bytes, let blob = reply[position + 2].bytes,
                let fence = reply[position + 3].int, let attempts = reply[position + 4].int,
                let crashes = reply[position + 5].int, let verdict = reply[position + 6].int
            else { throw LiveIndexError.badReply }
            // One that a newer release wrote is left to its lease, and holds back no other.
            guard let envelope = try? JobEnvelope(id: id, bytes: blob) else { continue }
            claims.leases.append(
                Lease(
                    job: envelope.job,
                    fence: Int64(fence),
                    attemptsUsed: attempts,
                    mayHaveRun: envelope.isReloaded || crashes > 0,
                    isExpired: verdict == 1,
                    isCancelled: verdict == 2,
                    claimedAt: Date(millisecondsSince1970: Int64(now))
                )
            )
        }
        return claims
    }

    /// Extends leases.
    ///
    /// - Returns: For each, whether it is still held.
    func extend(_ leases: [Lease], by duration: Duration) async throws -> [Bool] {
        guard !leases.isEmpty else { return [] }
        var arguments: [RedisArgument] = [.init(duration.wholeMilliseconds)]
        for lease in leases {
            arguments += [.string(lease.job.queue), .bytes(lease.job.id.bytes), .integer(lease.fence)]
        }
        return try Self.flags(try await eval(QueueScript.extend, arguments), count: leases.count)
    }

    /// How a claim ends.
    enum Settlement {
        case done
        case retry(after: Duration)
        case release
        case recover
    }

    /// Ends claims.
    ///
    /// - Returns: For each, whether it was still held.
    func settle(_ claims: [(queue: String, job: UUID, fence: Int64, how: Settlement)]) async throws -> [Bool]
    {
        guard !claims.isEmpty else { return [] }
        var now: Int64?
        var arguments: [RedisArgument] = []
        arguments.reserveCapacity(claims.count * 5)
        for claim in claims {
            let word: RedisArgument
            var due: Int64 = 0
            switch claim.how {
            case .done: word = "done"
            case .retry(let delay):
                word = "retry"
                // Delays are counted from Redis's clock, which also decides when they are over.
                let base: Int64
                if let now { base = now } else { base = try await time() }
                now = base
                due = base + Int64(delay.wholeMilliseconds)
            case .release: word = "release"
            case .recover: word = "recover"
            }
            arguments += [
                word, .string(claim.queue), .bytes(claim.job.bytes), .integer(claim.fence), .integer(due),
            ]
        }
        return try Self.flags(try await eval(QueueScript.settle, arguments), count: claims.count)
    }

    /// A claim whose lease has ended.
    struct ExpiredClaim {
        var job: JobRecord
        var fence: Int64
        var worker: String
        var claimedAt: Date
        var workersLost: Int
        var attemptsUsed: Int
    }

    /// Lists claims whose lease has ended.
    func expiredClaims(queues: [String], limit: Int) async throws -> [ExpiredClaim] {
        let reply =
            try await eval(QueueScript.expired, [.init(limit)] + queues.map(RedisArgument.string)).array ?? []
        var claims: [ExpiredClaim] = []
        var position = 0
        while position + 6 <= reply.count {
            defer { position += 6 }
            guard let id = reply[position + 1].bytes, let blob = reply[position + 2].bytes,
                let (fence, worker, since) = Self.claim(reply[position + 3].string ?? ""),
                let lost = reply[position + 4].int, let used = reply[position + 5].int
            else { throw LiveIndexError.badReply }
            // Left to a worker of the release that wrote it.
            guard let job = try? JobEnvelope(id: id, bytes: blob).job else { continue }
            claims.append(
                ExpiredClaim(
                    job: job,
                    fence: fence,
                    worker: worker,
                    claimedAt: since,
                    workersLost: lost,
                    attemptsUsed: used
                )
            )
        }
        return claims
    }

    /// Runs a script under the known epoch, once more after renewing it.
    func eval(_ script: RedisScript, _ arguments: [RedisArgument]) async throws -> RedisValue {
        do {
            return try await evalOnce(script, arguments, epoch: try await epoch())
        } catch let error as RedisError where error.prefix == "EPOCH" {
            return try await evalOnce(script, arguments, epoch: try await renewEpoch())
        }
    }

    private func evalOnce(
        _ script: RedisScript,
        _ arguments: [RedisArgument],
        epoch: Epoch
    ) async throws(RedisError) -> RedisValue {
        try await redis.eval(
            script,
            keys: [.string(keys.namespace)],
            arguments: [.string(epoch.text)] + arguments
        )
    }

    /// Redis's clock in milliseconds.
    func time() async throws -> Int64 {
        let reply = try await redis.send(RedisCommand("TIME")).array ?? []
        guard reply.count == 2, let seconds = reply[0].int, let microseconds = reply[1].int else {
            throw LiveIndexError.badReply
        }
        return Int64(seconds) * 1000 + Int64(microseconds) / 1000
    }

    /// Splits "fence worker since".
    static func claim(_ text: String) -> (fence: Int64, worker: String, since: Date)? {
        let parts = text.split(separator: " ")
        guard parts.count == 3, let fence = Int64(parts[0]), let since = Int64(parts[2]) else { return nil }
        return (fence, String(parts[1]), Date(millisecondsSince1970: since))
    }

    private static func flags(_ reply: RedisValue, count: Int) throws -> [Bool] {
        guard let values = reply.array, values.count == count else { throw LiveIndexError.badReply }
        return values.map { $0.int == 1 }
    }
}

/// Redis answered something the scripts do not say.
enum LiveIndexError: Error {
    case badReply
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
