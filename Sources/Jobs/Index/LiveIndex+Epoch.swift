import Redis
import Store
import Synchronization

/// The life of Redis that the index belongs to.
extension LiveIndex {
    /// Whether every open job of the present epoch is in the index.
    func isLoaded() async throws -> Bool {
        let replies = try await redis.send(pipeline: [
            RedisCommand("GET", [.string(keys.epoch)]), RedisCommand("GET", [.string(keys.loaded)]),
        ])
        let epoch = try replies[0].get().string
        return try epoch != nil && replies[1].get().string == epoch
    }

    /// Notes that every open job of an epoch is in the index.
    func markLoaded(_ epoch: Int64) async throws {
        _ = try await redis.send(RedisCommand("SET", [.string(keys.loaded), .string(String(epoch))]))
    }

    /// The epoch that both Redis and PostgreSQL hold; a new one if they differ.
    func agreedEpoch() async throws -> Int64 {
        let held = try await redis.send(RedisCommand("GET", [.string(keys.epoch)])).string.flatMap {
            Int64($0)
        }
        let known = try await journal.epoch()
        guard held == known else { return try await renewEpoch() }
        knownEpoch.withLock { $0 = known }
        return known
    }

    /// Gives Redis a new epoch, empty of jobs, unless another process just did.
    ///
    /// The dispatcher fills it from the journal; jobs submitted meanwhile go in at once.
    func renewEpoch() async throws -> Int64 {
        let epoch = try await journal.beginEpoch {
            try await self.redis.send(RedisCommand("GET", [.string(self.keys.epoch)])).string.flatMap {
                Int64($0)
            }
        } _: { next in
            // The epoch key goes first: from then on no script runs until the new one is there.
            _ = try await self.redis.send(RedisCommand("DEL", [.string(self.keys.epoch)]))
            try await self.clear()
            for queue in try await self.journal.pausedQueues() { try await self.setPaused(true, queue) }
            _ = try await self.redis.send(
                RedisCommand(
                    "MSET",
                    [
                        .string(self.keys.fence), .integer(next), .string(self.keys.epoch),
                        .string(String(next)),
                    ]
                )
            )
        }
        knownEpoch.withLock { $0 = epoch }
        return epoch
    }

    private func clear() async throws {
        // A glob in the fleet's name would reach into other fleets.
        let pattern = keys.namespace.map { "*?[]\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "*"
        var cursor = "0"
        repeat {
            let reply = try await redis.send(
                RedisCommand("SCAN", [.string(cursor), "MATCH", .string(pattern), "COUNT", 1000])
            )
            guard let parts = reply.array, parts.count == 2, let next = parts[0].string,
                let found = parts[1].array
            else { throw LiveIndexError.badReply }
            let workers = keys.worker("")
            let doomed = found.compactMap(\.string).filter { !$0.hasPrefix(workers) && $0 != keys.workers }
            if !doomed.isEmpty {
                _ = try await redis.send(RedisCommand("UNLINK", doomed.map(RedisArgument.string)))
            }
            cursor = next
        } while cursor != "0"
    }

    func epoch() async throws -> Int64 {
        if let known = knownEpoch.withLock({ $0 }) { return known }
        let epoch = try await journal.epoch()
        knownEpoch.withLock { $0 = epoch }
        return epoch
    }
}
