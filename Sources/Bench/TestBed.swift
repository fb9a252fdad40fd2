import Bootstrap
import FoundationEssentials
import Glibc
import Jobs
import Logging
import Postgres
import Redis
import Store

/// The servers under measurement, our own connections to them, and the processes started on them.
struct TestBed {
    let settings: Settings
    private let fleet: Fleet
    /// The server's process, on this machine.
    let redisPID: Int32
    /// The parent of all of the server's processes, on this machine.
    let postgresPID: Int32
    /// The queue over both.
    var queue: JobQueue { fleet.queue }
    /// Connections to PostgreSQL.
    var pool: PostgresPool { fleet.pool }
    private let logs: String
    private let isTalkative: Bool

    /// Connects and migrates.
    ///
    /// - Throws: ``BenchError`` for servers that are not fresh; the layers' errors.
    init(settings: Settings, logs: String, isTalkative: Bool) async throws {
        self.settings = settings
        self.logs = logs
        self.isTalkative = isTalkative
        fleet = try Self.connect(settings)
        _ = try await Schema(pool: fleet.pool).migrate()
        try await fleet.check()
        guard try await fleet.queue.journal.entries(.init(), before: nil, limit: 1).isEmpty else {
            throw BenchError("the database holds jobs: the benchmark needs servers of its own")
        }
        let server = try await fleet.redis.send(RedisCommand("INFO", ["server"])).string ?? ""
        redisPID = Int32(Self.value(of: "process_id", in: server) ?? "") ?? 0
        let backend = try await fleet.pool.query("SELECT pg_backend_pid() AS pid")
        let pid: Int32 = try backend.first?.decode("pid") ?? 0
        postgresPID = ProcessUsage.parent(of: pid) ?? 0
    }

    /// Another process's worth of connections.
    static func connect(_ settings: Settings) throws -> Fleet {
        try Fleet(
            settings: settings,
            processName: "cloudoptim-bench",
            logger: Logger(label: "cloudoptim-bench") { StreamLogHandler.standardError(label: $0) }
        )
    }

    func close() async {
        await fleet.close()
    }

    /// Shows progress, unless only JSON is wanted.
    func say(_ text: String) {
        guard isTalkative else { return }
        let line = Array("\(text)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Starts a process of the fleet.
    func start(_ name: String, _ environment: [String: String] = [:]) throws -> FleetChild {
        try FleetChild(name, settings: environment, log: "\(logs)/\(name).log")
    }

    /// Starts the scheduler and waits until its dispatcher says that the index is complete, as it is in a fleet at work.
    func startScheduler() async throws -> FleetChild {
        let scheduler = try start("cloudoptim-scheduler", ["LOG_LEVEL": "info"])
        try await eventually("the dispatcher") {
            try scheduler.checkRunning()
            return scheduler.output.contains("rebuilt the index")
        }
        return scheduler
    }

    /// Starts worker processes and waits until all of them beat.
    func startWorkers(_ count: Int, concurrency: Int) async throws -> [FleetChild] {
        let children = try (0..<count).map { _ in
            try start(
                "cloudoptim-worker",
                [
                    "WORKER_CONCURRENCY": "\(concurrency)", "WORKER_RESERVE": "0", "DRAIN_SECONDS": "1",
                ]
            )
        }
        try await eventually("the workers") {
            for child in children { try child.checkRunning() }
            let known = Set(try await fleet.queue.index.workers().map(\.pid))
            return known.isSuperset(of: children.map { Int($0.pid) })
        }
        return children
    }

    /// How the queue of the measured jobs stands.
    func stats() async throws -> LiveIndex.QueueStats {
        guard let stats = try await fleet.queue.index.stats(of: [JobLoad.queue]).first else {
            throw BenchError("the queue is not known")
        }
        return stats
    }

    /// Waits until no job is left.
    func drained(by children: [FleetChild] = []) async throws {
        try await eventually("an empty queue", within: .seconds(600)) {
            for child in children { try child.checkRunning() }
            let stats = try await stats()
            return stats.ready + stats.delayed + stats.blocked + stats.running == 0
        }
    }

    /// Bytes of data that Redis holds.
    func redisBytes() async throws -> Int {
        let info = try await fleet.redis.send(RedisCommand("INFO", ["memory"])).string ?? ""
        return Int(Self.value(of: "used_memory", in: info) ?? "") ?? 0
    }

    /// Asks every 20 ms until it holds.
    func eventually(
        _ what: String,
        within limit: Duration = .seconds(60),
        _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < end else { throw BenchError("\(what) did not come within \(limit)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func value(of key: String, in info: String) -> String? {
        info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(key):") }
            .map { String($0.dropFirst(key.count + 1)) }
    }
}
