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
        var added = 0
        for start in stride(from: 0, to: entries.count, by: Self.batch) {
            let part = entries[start..<min(start + Self.batch, entries.count)]
            var arguments: [RedisArgument] = []
            arguments.reserveCapacity(part.count * 3 + 2)
            for (queue, places) in Self.places(of: part, by: \.job.queue) {
                arguments += [.string(queue), .init(places.count)]
                for place in places {
                    let entry = part[part.startIndex + place]
                    let envelope = JobEnvelope(job: entry.job, isReloaded: entry.isReloaded)
                    arguments.append(.bytes(entry.job.id.bytes))
                    arguments.append(.bytes(envelope.encoded()))
                    let startsAtOnce = entry.job.runAt <= entry.job.submittedAt && entry.attemptsUsed == 0
                    let due = entry.job.runAt.millisecondsSince1970
                    arguments.append(startsAtOnce ? "" : .string("\(due) \(entry.attemptsUsed)"))
                }
            }
            added += try await eval(QueueScript.enqueue, arguments).int ?? 0
        }
        return added
    }

    /// How many jobs one call is given at most: Lua takes no more than some thousand values at a time.
    static let batch = 1000

    /// The places of jobs by their queues: scripts take them queue by queue.
    static func places<Jobs: RandomAccessCollection>(
        of jobs: Jobs,
        by queue: (Jobs.Element) -> String
    ) -> [(queue: String, places: [Int])] {
        var groups: [(queue: String, places: [Int])] = []
        var known: [String: Int] = [:]
        for (place, job) in jobs.enumerated() {
            let name = queue(job)
            if groups.last?.queue == name {
                groups[groups.count - 1].places.append(place)
            } else if let group = known[name] {
                groups[group].places.append(place)
            } else {
                known[name] = groups.count
                groups.append((name, [place]))
            }
        }
        return groups
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
