public import FoundationEssentials
import Redis
import Store

/// What a worker says of itself with every beat.
public struct WorkerReport: Sendable, Codable, Equatable {
    /// Unique: host, process and a random part.
    public var id: String
    /// The machine.
    public var host: String
    /// The process.
    public var pid: Int
    /// The release.
    public var version: String
    /// The queues it serves, in no order.
    public var queues: [String]
    /// How many jobs it runs at once.
    public var slots: Int
    /// Slots kept for urgent jobs.
    public var reserved: Int
    /// The jobs it runs now.
    public var running: [String]
    /// Whether it takes no more jobs.
    public var isDraining: Bool
    /// When it started.
    public var startedAt: Date
    /// When it last beat; set from the registry's clock.
    public var lastBeat: Date?
}

extension LiveIndex {
    /// Says that a worker lives; forgotten 30 s later unless it says so again.
    func beat(_ report: WorkerReport) async throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .millisecondsSince1970
        let body = Array(try encoder.encode(report))
        let now = try await time()
        _ = try await redis.send(pipeline: [
            RedisCommand("SET", [.string(keys.worker(report.id)), .bytes(body), "PX", 30_000]),
            RedisCommand("ZADD", [.string(keys.workers), .integer(now), .string(report.id)]),
            RedisCommand("ZREMRANGEBYSCORE", [.string(keys.workers), "-inf", .integer(now - 30_000)]),
        ]).map { try $0.get() }
    }

    /// Says that a worker is gone.
    func farewell(_ id: String) async throws {
        _ = try await redis.send(pipeline: [
            RedisCommand("DEL", [.string(keys.worker(id))]),
            RedisCommand("ZREM", [.string(keys.workers), .string(id)]),
        ]).map { try $0.get() }
    }

    /// Wakes an idle worker of each queue.
    func wake(_ queues: [String]) async throws {
        _ = try await redis.send(
            pipeline: queues.map { RedisCommand("ZADD", [.string(keys.wake($0)), 0, "w"]) }
        ).map { try $0.get() }
    }

    /// Lists the workers that beat in the last 30 s, by name.
    public func workers() async throws -> [WorkerReport] {
        let reply =
            try await redis.send(
                RedisCommand("ZRANGE", [.string(keys.workers), 0, -1, "WITHSCORES"])
            ).array ?? []
        var beats: [(id: String, at: Date)] = []
        for position in stride(from: 0, to: reply.count - 1, by: 2) {
            guard let id = reply[position].string, let at = reply[position + 1].double else { continue }
            beats.append((id, Date(millisecondsSince1970: Int64(at))))
        }
        guard !beats.isEmpty else { return [] }
        let bodies =
            try await redis.send(RedisCommand("MGET", beats.map { .string(keys.worker($0.id)) })).array ?? []
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        return try zip(beats, bodies).compactMap { beat, body in
            guard let bytes = body.bytes else { return nil }
            var report = try decoder.decode(WorkerReport.self, from: Data(bytes))
            report.lastBeat = beat.at
            return report
        }.sorted { $0.id < $1.id }
    }
}
