import Redis
import Store
import Synchronization

/// The life of Redis that the index belongs to.
///
/// Redis keeps the epoch together with the `run_id` of its own process, which is another after each restart. So a
/// Redis that came back with the data of some moment before is found out, by the scripts themselves, although the
/// epoch in that data is the present one.
extension LiveIndex {
    /// An epoch, and the process of Redis it was installed in.
    struct Epoch: Sendable, Equatable {
        let number: Int64
        let runID: String

        init(number: Int64, runID: String) {
            self.number = number
            self.runID = runID
        }

        init?(_ text: String) {
            let parts = text.split(separator: " ")
            guard parts.count == 2, let number = Int64(parts[0]) else { return nil }
            self.init(number: number, runID: String(parts[1]))
        }

        /// As it stands in Redis.
        var text: String { "\(number) \(runID)" }
    }

    /// Whether every open job of the present epoch is in the index.
    func isLoaded() async throws -> Bool {
        guard let epoch = try await heldEpoch() else { return false }
        return try await redis.send(RedisCommand("GET", [.string(keys.loaded)])).string == epoch.text
    }

    /// Notes that every open job of an epoch is in the index.
    func markLoaded(_ epoch: Epoch) async throws {
        _ = try await redis.send(RedisCommand("SET", [.string(keys.loaded), .string(epoch.text)]))
    }

    /// The epoch that both Redis and PostgreSQL hold; a new one if they differ.
    func agreedEpoch() async throws -> Epoch {
        guard let held = try await heldEpoch(), held.number == (try await journal.epoch()) else {
            return try await renewEpoch()
        }
        knownEpoch.withLock { $0 = held }
        return held
    }

    /// The epoch that Redis holds; nil if it holds none, or one of an earlier process.
    private func heldEpoch() async throws -> Epoch? {
        let replies = try await redis.send(pipeline: [
            RedisCommand("GET", [.string(keys.epoch)]), RedisCommand("INFO", ["server"]),
        ])
        guard let epoch = try replies[0].get().string.flatMap(Epoch.init) else { return nil }
        return try epoch.runID == Self.runID(in: replies[1].get()) ? epoch : nil
    }

    private static func runID(in info: RedisValue) throws -> String {
        let line = (info.string ?? "").split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }
        guard let line else { throw LiveIndexError.badReply }
        return String(line.dropFirst("run_id:".count))
    }

    /// Gives Redis a new epoch, empty of jobs, unless another process just did.
    ///
    /// The dispatcher fills it from the journal; jobs submitted meanwhile go in at once.
    func renewEpoch() async throws -> Epoch {
        let installed = Mutex<Epoch?>(nil)
        let number = try await journal.beginEpoch {
            let held = try await self.heldEpoch()
            installed.withLock { $0 = held }
            return held?.number
        } _: { next in
            // The epoch key goes first: from then on no script runs until the new one is there.
            _ = try await self.redis.send(RedisCommand("DEL", [.string(self.keys.epoch)]))
            try await self.clear()
            for queue in try await self.journal.pausedQueues() { try await self.setPaused(true, queue) }
            let info = try await self.redis.send(RedisCommand("INFO", ["server"]))
            // Should Redis restart right now, the scripts refuse this run id, and all of it begins again.
            let epoch = Epoch(number: next, runID: try Self.runID(in: info))
            let (fence, key) = (RedisArgument.string(self.keys.fence), RedisArgument.string(self.keys.epoch))
            _ = try await self.redis.send(
                RedisCommand("MSET", [fence, .integer(next), key, .string(epoch.text)])
            )
            installed.withLock { $0 = epoch }
        }
        guard let epoch = installed.withLock(\.self), epoch.number == number else {
            throw LiveIndexError.badReply
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

    func epoch() async throws -> Epoch {
        if let known = knownEpoch.withLock({ $0 }) { return known }
        return try await agreedEpoch()
    }
}
