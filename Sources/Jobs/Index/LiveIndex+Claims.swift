import FoundationEssentials
import Redis
import Store

/// Claims: how they are taken, kept and ended.
extension LiveIndex {
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
        guard reply.count >= 4, let now = reply[0].int, let due = reply[1].int, let fence = reply[2].int,
            let remarks = reply[3].array
        else { throw LiveIndexError.badReply }
        var claims = Claims()
        if due > 0 { claims.nextDue = .milliseconds(max(0, due - now)) }
        claims.leases.reserveCapacity(reply.count / 2)
        let claimedAt = Date(millisecondsSince1970: Int64(now))
        var places: [Int: Int] = [:]
        for (place, position) in stride(from: 4, to: reply.count - 1, by: 2).enumerated() {
            guard let id = reply[position].bytes, let blob = reply[position + 1].bytes else {
                throw LiveIndexError.badReply
            }
            // One that a newer release wrote is left to its lease, and holds back no other.
            guard let envelope = try? JobEnvelope(id: id, bytes: blob) else { continue }
            if !remarks.isEmpty { places[place] = claims.leases.count }
            claims.leases.append(
                Lease(
                    job: envelope.job,
                    fence: Int64(fence + place),
                    mayHaveRun: envelope.isReloaded,
                    claimedAt: claimedAt
                )
            )
        }
        for start in stride(from: 0, to: remarks.count, by: 4) {
            let numbers = remarks[start..<min(start + 4, remarks.count)].compactMap(\.int)
            guard numbers.count == 4 else { throw LiveIndexError.badReply }
            guard let place = places[numbers[0]] else { continue }
            claims.leases[place].attemptsUsed = numbers[1]
            if numbers[2] > 0 { claims.leases[place].mayHaveRun = true }
            claims.leases[place].isExpired = numbers[3] == 1
            claims.leases[place].isCancelled = numbers[3] == 2
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
            arguments += [
                .string(lease.job.queue), .bytes(lease.job.id.bytes), Self.argument(fence: lease.fence),
            ]
        }
        return try Self.flags(try await eval(QueueScript.extend, arguments), count: leases.count)
    }

    /// How a claim ends.
    enum Settlement {
        case done
        case retry(after: Duration)
        case postpone(for: Duration)
        case release
        case recover

        /// As the script calls it.
        fileprivate var word: String {
            switch self {
            case .done: "done"
            case .retry: "retry"
            case .postpone: "postpone"
            case .release: "release"
            case .recover: "recover"
            }
        }

        fileprivate var delay: Duration? {
            switch self {
            case .retry(let delay), .postpone(let delay): delay
            case .done, .release, .recover: nil
            }
        }
    }

    /// A claim, and how it ends.
    typealias Ending = (queue: String, job: UUID, fence: Int64, how: Settlement)

    /// Ends claims.
    ///
    /// - Returns: For each, whether it was still held.
    func settle(_ claims: [Ending]) async throws -> [Bool] {
        var flags: [Bool] = []
        for start in stride(from: 0, to: claims.count, by: Self.batch) {
            flags += try await settle(part: claims[start..<min(start + Self.batch, claims.count)])
        }
        return flags
    }

    private func settle(part claims: ArraySlice<Ending>) async throws -> [Bool] {
        // Delays are counted from Redis's clock, which also decides when they are over.
        let now = claims.contains { $0.how.delay != nil } ? try await time() : 0
        var arguments: [RedisArgument] = []
        arguments.reserveCapacity(claims.count * 2 + 3)
        var order: [Int] = []
        for word in Set(claims.map(\.how.word)).sorted() {
            let alike = claims.indices.filter { claims[$0].how.word == word }
            for (queue, places) in Self.places(of: alike, by: { claims[$0].queue }) {
                arguments += [.string(word), .string(queue), .init(places.count)]
                for place in places {
                    let claim = claims[alike[place]]
                    order.append(alike[place] - claims.startIndex)
                    arguments.append(.bytes(claim.job.bytes))
                    arguments.append(Self.argument(fence: claim.fence))
                    if let delay = claim.how.delay {
                        arguments.append(.integer(now + Int64(delay.wholeMilliseconds)))
                    }
                }
            }
        }
        let held = try Self.flags(try await eval(QueueScript.settle, arguments), count: claims.count)
        var flags = held
        for (place, isHeld) in zip(order, held) { flags[place] = isHeld }
        return flags
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
                let (fence, worker, since) = Self.claim(reply[position + 3].bytes ?? []),
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

    /// Reads a claim as the scripts wrote it.
    static func claim(_ bytes: [UInt8]) -> (fence: Int64, worker: String, since: Date)? {
        var reader = ByteReader(bytes)
        guard let fence = try? Int64(exactly: reader.double()),
            let since = try? Int64(exactly: reader.double()),
            (try? (reader.short(), reader.short())) != nil
        else { return nil }
        return (fence, String(decoding: reader.rest, as: UTF8.self), Date(millisecondsSince1970: since))
    }

    /// A fencing token as the scripts compare it: the first bytes of a claim.
    private static func argument(fence: Int64) -> RedisArgument {
        .bytes(withUnsafeBytes(of: Double(fence).bitPattern.bigEndian) { Array($0) })
    }

    private static func flags(_ reply: RedisValue, count: Int) throws -> [Bool] {
        guard let values = reply.array, values.count == count else { throw LiveIndexError.badReply }
        return values.map { $0.int == 1 }
    }
}
