import Cryptography
import FoundationEssentials
import Redis
import TestKit
import Testing

@Suite("Secrets", .timeLimit(.minutes(2))) struct SecretsTests {
    @Test func aTokenIsNowhere() async throws {
        let sandbox = try await SandboxServer()
        let token = sandbox.clusters[0].token
        try await ProcessFleet.with(["LOG_LEVEL": "trace", "METRICS_INTERVAL_SECONDS": "5"]) {
            fleet,
            servers in
            _ = try await fleet.startAPI()
            _ = try await fleet.startScheduler()
            _ = try await fleet.startWorker()
            let cluster = try await fleet.register(sandbox.clusters[0], authority: sandbox.authority)
            let body = #"{"type":"collect-metrics","cluster_id":"\#(cluster)"}"#
            var jobs: [String] = []
            for fault in ["none", "error500", "metrics_unavailable", "unauthorized"] {
                try await sandbox.fault(fault)
                let id = try await fleet.job(body)
                _ = try await fleet.send("GET", "jobs/\(id)?wait=30")
                jobs.append(id)
            }
            // One job stays in Redis.
            let later = Date().addingTimeInterval(3600)
            let time = Date.ISO8601FormatStyle().format(later)
            _ = try await fleet.job(
                #"{"type":"collect-metrics","cluster_id":"\#(cluster)","run_at":"\#(time)"}"#
            )
            var answers: [String] = []
            for path in [
                "jobs", "queues", "workers", "schedules", "admin/clusters", "admin/clusters/\(cluster)",
                "admin/customers", "k8s/\(cluster)/nodes", "k8s/\(cluster)/pods", "k8s/\(cluster)/metrics",
                "/metrics", "/ready", "queues/collect-metrics/jobs",
            ] + jobs.map({ "jobs/\($0)" }) {
                answers.append(try await fleet.send("GET", path).text)
            }
            let dump = try await ChildProcess.run(
                ["pg_dump", "--dbname", try TestServers.databaseURL(servers.databaseName)],
                within: .seconds(60)
            )
            #expect(dump.code == 0)
            #expect(dump.output.contains(cluster), "the dump holds the cluster")
            let redis = try await Self.contents(of: servers)
            #expect(redis.contains { !$0.isEmpty }, "Redis holds the jobs")

            for form in Self.forms(of: token) {
                #expect(!fleet.logs.contains(form))
                #expect(!answers.contains { $0.contains(form) })
                #expect(!dump.output.contains(form))
                let bytes = Array(form.utf8)
                #expect(!redis.contains { value in value.count >= bytes.count && Self.holds(value, bytes) })
            }
            #expect(fleet.logs.contains(cluster), "the logs are those of this test")
        }
    }

    /// The token as it is, in hexadecimal digits, and as base64 writes it wherever it begins.
    private static func forms(of token: String) -> [String] {
        let bytes = Array(token.utf8)
        let encoded = (0..<3).map { offset in
            let text = Base64.encode([UInt8](repeating: 0, count: offset) + bytes)
            return String(text.dropFirst(offset == 0 ? 0 : 4).dropLast(4))
        }
        return [token, Hex.encode(bytes)] + encoded
    }

    private static func holds(_ value: [UInt8], _ part: [UInt8]) -> Bool {
        value.indices.dropLast(part.count - 1).contains { value[$0...].starts(with: part) }
    }

    /// Everything under the fleet's keys.
    private static func contents(of fleet: TestFleet) async throws -> [[UInt8]] {
        func flat(_ value: RedisValue) -> [[UInt8]] {
            if let array = value.array { return array.flatMap(flat) }
            return value.bytes.map { [$0] } ?? []
        }
        var contents: [[UInt8]] = []
        let keys = try await fleet.redis.send(RedisCommand("KEYS", [.string("{\(fleet.fleetName)}:*")]))
        for key in (keys.array ?? []).compactMap(\.string) {
            contents.append(Array(key.utf8))
            let argument = RedisArgument.string(key)
            let command: RedisCommand
            switch try await fleet.redis.send(RedisCommand("TYPE", [argument])).string {
            case "string": command = RedisCommand("GET", [argument])
            case "hash": command = RedisCommand("HGETALL", [argument])
            case "zset": command = RedisCommand("ZRANGE", [argument, 0, -1])
            case "set": command = RedisCommand("SMEMBERS", [argument])
            case "list": command = RedisCommand("LRANGE", [argument, 0, -1])
            case let type: throw ProcessFailure(description: "a key of type \(type ?? "nothing")")
            }
            contents += flat(try await fleet.redis.send(command))
        }
        return contents
    }
}
