import Glibc
import TestKit

/// Does to a fleet what a plan says.
struct FaultInjector {
    let fleet: ChaosFleet
    var random: SplitMix

    /// Commits one fault; returns once what was taken away is back, except for a frozen worker, which thaws later.
    mutating func inject(_ fault: Fault) async throws {
        switch fault {
        case .killWorker: try kill(.worker)
        case .killScheduler: try kill(.scheduler)
        case .killAPI: try kill(.api)
        case .stopWorker:
            guard let worker = fleet.take(.worker, using: &random) else { return }
            worker.signal(SIGTERM)
            try fleet.start(.worker)
            // It drains meanwhile; its exit is checked by nobody here, the shutdown tests do.
            Task { try? await worker.end(within: .seconds(60)) }
        case .freezeWorker:
            guard let worker = fleet.take(.worker, using: &random) else { return }
            worker.signal(SIGSTOP)
            let pause = Duration.seconds(Double.random(in: 13...18, using: &random))
            let fleet = fleet
            Task {
                try? await Task.sleep(for: pause)  // never cancelled
                worker.signal(SIGCONT)
                fleet.put(worker, as: .worker)
            }
        case .killRedis:
            fleet.redisProcess?.remove()
            try await pause(0.5...4)
            try await fleet.startRedis()
        case .freezeRedis:
            fleet.redisProcess?.signal(SIGSTOP)
            try await pause(2...6)
            fleet.redisProcess?.signal(SIGCONT)
        case .emptyRedis: try await redisCommand("FLUSHALL")
        case .restoreRedis:
            try await fleet.redis.snapshot()
            try await pause(2...4)
            fleet.redisProcess?.remove()
            try await fleet.redis.restore()
            // No dispatcher finds it out: workers and the API have to, with each script they call.
            fleet.signal(.scheduler, SIGSTOP)
            defer { fleet.signal(.scheduler, SIGCONT) }
            try await fleet.startRedis()
            try await pause(2...3)
        case .restartPostgres:
            try await fleet.postgres.stop()
            try await pause(0.2...2)
            try await fleet.postgres.start()
        case .cutRedis: fleet.redisProxy.cut()
        case .cutPostgres: fleet.postgresProxy.cut()
        case .loseRedisReplies: fleet.redisProxy.loseReplies(Int.random(in: 3...12, using: &random))
        case .losePostgresReplies: fleet.postgresProxy.loseReplies(Int.random(in: 3...12, using: &random))
        }
    }

    /// Lets nobody reach Redis for a while; it goes on with all it has, so that nothing is rebuilt after.
    ///
    /// What is accepted meanwhile must be brought to it by the dispatcher.
    func hideRedis() async throws {
        fleet.redisProxy.refuse(true)
        try await Task.sleep(for: .seconds(4))
        fleet.redisProxy.refuse(false)
    }

    /// Kills every worker but one while PostgreSQL is away: what they did meanwhile, only they and Redis know.
    ///
    /// One is frozen until its jobs were done by others: it comes back with results that are late.
    mutating func killWorkersUnheard() async throws {
        let frozen = fleet.take(.worker, using: &random)
        frozen?.signal(SIGSTOP)
        try await fleet.postgres.stop()
        try await Task.sleep(for: .seconds(1))
        var killed = 0
        while let worker = fleet.take(.worker, using: &random) {
            worker.remove()
            killed += 1
        }
        try await fleet.postgres.start()
        for _ in 0..<killed { try fleet.start(.worker) }
        guard let frozen else { return }
        // A lease takes 7 s to end, and what ran under it up to 1 s.
        try await Task.sleep(for: .seconds(11))
        frozen.signal(SIGCONT)
        fleet.put(frozen, as: .worker)
    }

    private mutating func kill(_ executable: Executable) throws {
        guard let process = fleet.take(executable, using: &random) else { return }
        process.remove()
        try fleet.start(executable)
    }

    private mutating func pause(_ seconds: ClosedRange<Double>) async throws {
        try await Task.sleep(for: .seconds(Double.random(in: seconds, using: &random)))
    }

    private func redisCommand(_ words: String...) async throws {
        let (code, output) = try await ChildProcess.run(
            ["redis-cli", "-p", "\(fleet.redis.port)"] + words
        )
        guard code == 0 else { throw ProcessFailure(description: output) }
    }
}
