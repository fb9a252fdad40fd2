import Cryptography
import FoundationEssentials
import Glibc
import NIOPosix
import Synchronization
import TestKit

/// Servers and processes of one chaos run, each of which can be hurt.
///
/// All processes reach Redis and PostgreSQL through proxies.
final class ChaosFleet: Sendable {
    /// A process that is started again when it was killed.
    struct Member: Sendable {
        let executable: Executable
        let process: ChildProcess
    }

    private struct State {
        var members: [Member] = []
        var redis: ChildProcess?
        var started = 0
    }

    let postgres: PrivatePostgres
    let redis: PrivateRedis
    let redisProxy: CuttingProxy
    let postgresProxy: CuttingProxy
    let port: Int
    let key: String
    let logs: String
    private let environment: [String: String]
    private let state = Mutex(State())

    private init(postgres: PrivatePostgres, logs: String) async throws {
        self.postgres = postgres
        self.logs = logs
        redis = try PrivateRedis(isPersistent: true)
        let group = MultiThreadedEventLoopGroup.singleton
        redisProxy = try await CuttingProxy(to: redis.port, on: group)
        postgresProxy = try await CuttingProxy(to: postgres.port, on: group)
        port = try FreePort.find()
        key = "co_chaos_" + Hex.encode(try SecureRandom.bytes(16))
        environment = [
            "DATABASE_URL": "postgres://owner@127.0.0.1:\(postgresProxy.port)/postgres",
            "REDIS_URL": "redis://127.0.0.1:\(redisProxy.port)",
            "CENTRAL_SERVER_PORT": "\(port)", "CLOUDOPTIM_ADMIN_API_KEY": key,
            "CLOUDOPTIM_MASTER_KEY": Base64.encode(try SecureRandom.bytes(32)),
            "CLOUDOPTIM_RATE_LIMIT": "100000", "LOG_LEVEL": "notice",
        ]
    }

    /// Gives the body a fleet that runs; nothing is left after.
    static func with(workers: Int, logs: String, _ body: (ChaosFleet) async throws -> Void) async throws {
        try await PrivatePostgres.with { postgres in
            let fleet = try await ChaosFleet(postgres: postgres, logs: logs)
            do {
                try await fleet.begin(workers: workers)
                try await body(fleet)
            } catch {
                fleet.remove()
                throw error
            }
            fleet.remove()
        }
    }

    private func begin(workers: Int) async throws {
        let server = try await redis.start()
        state.withLock { $0.redis = server }
        let migrated = try await ChildProcess.run(
            [try Executable.operators.path(), "migrate"],
            environment: environment
        )
        guard migrated.code == 0 else { throw ProcessFailure(description: migrated.output) }
        let all: [Executable] = [.api, .scheduler, .scheduler] + Array(repeating: .worker, count: workers)
        for executable in all { try start(executable) }
    }

    /// Starts a process.
    func start(_ executable: Executable) throws {
        let number = state.withLock { state in
            state.started += 1
            return state.started
        }
        let process = try ChildProcess(
            [try executable.path()],
            environment: environment,
            log: "\(logs)/\(number)-\(executable.rawValue).log"
        )
        state.withLock { $0.members.append(Member(executable: executable, process: process)) }
    }

    /// Takes a process out of those that must run.
    func take(_ executable: Executable, using random: inout SplitMix) -> ChildProcess? {
        let position = Int.random(in: 0..<64, using: &random)
        return state.withLock { state in
            let found = state.members.indices.filter { state.members[$0].executable == executable }
            guard !found.isEmpty else { return nil }
            return state.members.remove(at: found[position % found.count]).process
        }
    }

    /// Puts a process back among those that must run.
    func put(_ process: ChildProcess, as executable: Executable) {
        state.withLock { $0.members.append(Member(executable: executable, process: process)) }
    }

    /// Sends a signal to all that are of one kind.
    func signal(_ executable: Executable, _ number: Int32) {
        let members = state.withLock { $0.members }
        for member in members where member.executable == executable { member.process.signal(number) }
    }

    /// Starts again whatever ended by itself, which it should not.
    ///
    /// - Returns: The processes that had ended.
    func replaceEnded() throws -> [Member] {
        let ended = state.withLock { state in
            let ended = state.members.filter { $0.process.exitCode != nil }
            state.members.removeAll { $0.process.exitCode != nil }
            return ended
        }
        for member in ended { try start(member.executable) }
        return ended
    }

    /// The Redis that runs.
    var redisProcess: ChildProcess? { state.withLock { $0.redis } }

    /// Starts Redis again.
    func startRedis() async throws {
        let process = try await redis.start()
        state.withLock { $0.redis = process }
    }

    private func remove() {
        let (members, server) = state.withLock { ($0.members, $0.redis) }
        for member in members { member.process.remove() }
        server?.remove()
    }
}
