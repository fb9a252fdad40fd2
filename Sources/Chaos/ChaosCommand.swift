import ArgumentParser
import FoundationEssentials
import Glibc
import HTTPClient
import Logging
import Postgres
import Store
import Synchronization
import TestKit

/// Runs a fleet under load, hurts it in every way there is, and checks from PostgreSQL that no promise was broken.
@main
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudoptim-chaos",
        abstract: "Hurts a fleet of its own under load, and checks that no job was lost or done twice."
    )

    @Option(help: "How long to go on hurting.")
    var seconds = 300

    @Option(help: "Decides faults and jobs; printed, so that a run can be repeated.")
    var seed: UInt64 = .random(in: 1...999_999)

    @Option(help: "How many workers.")
    var workers = 3

    @Option(help: "How many clients submit at once.")
    var clients = 6

    @Option(help: "Where the processes' logs go; by default they are removed at the end.")
    var logs: String?

    func validate() throws {
        guard (20...86_400).contains(seconds) else {
            throw ValidationError("--seconds must be from 20 to 86400")
        }
        guard (2...50).contains(workers) else { throw ValidationError("--workers must be from 2 to 50") }
        guard (1...500).contains(clients) else { throw ValidationError("--clients must be from 1 to 500") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let temporary = try TemporaryDirectory()
        let logger = Logger(label: "chaos") { _ in SwiftLogNoOpLogHandler() }
        let logs = logs ?? temporary.path
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        let http = HTTPClient(logger: logger)
        var isClean = false
        print("seed \(seed): \(seconds) s, \(workers) workers, \(clients) clients")
        try await ChaosFleet.with(workers: workers, logs: logs) { fleet in
            var configuration = try PostgresConfiguration(url: fleet.postgres.url)
            configuration.applicationName = "chaos"
            let pool = PostgresPool(configuration: configuration, size: 2, logger: logger)
            isClean = try await hurt(fleet, http, pool)
            await pool.close()
        }
        await http.shutdown()
        guard isClean else { throw ExitCode(1) }
    }

    private func hurt(_ fleet: ChaosFleet, _ http: HTTPClient, _ pool: PostgresPool) async throws -> Bool {
        let ledger = Ledger()
        try await Canary.start(on: fleet, http)
        let clock = ContinuousClock()
        let begin = clock.now
        // After all other faults; and those jobs are older by then than the dispatcher looks back.
        let untilLast = max(Double(seconds) + 15, 75)
        let lastRunAt = Date().addingTimeInterval(untilLast)
        var crashed = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...clients {
                var client = Submitter(
                    number: number,
                    fleet: fleet,
                    http: http,
                    ledger: ledger,
                    lastRunAt: lastRunAt,
                    random: SplitMix(seed: seed &+ UInt64(number))
                )
                group.addTask { try await client.run() }
            }
            var injector = FaultInjector(fleet: fleet, random: SplitMix(seed: seed ^ 0xC4A0_5000))
            for step in FaultPlan(seconds: seconds, seed: seed).steps {
                try await clock.sleep(until: begin + .seconds(step.at))
                print("\(Self.time(clock.now - begin))  \(step.fault.rawValue)")
                try await injector.inject(step.fault)
                for member in try fleet.replaceEnded() {
                    crashed += 1
                    print(
                        "          \(member.executable.rawValue) ended by itself: \(member.process.output.suffix(400))"
                    )
                }
            }
            // What was just started must have found its servers: a process that does not ends, as it should.
            try await clock.sleep(for: .seconds(4))
            print("\(Self.time(clock.now - begin))  Redis out of reach")
            try await injector.hideRedis()
            ledger.close()
            try await group.waitForAll()
            try await clock.sleep(until: begin + .seconds(untilLast + 0.3))
            print("\(Self.time(clock.now - begin))  workers killed or frozen, with PostgreSQL away")
            try await injector.killWorkersUnheard()
        }
        try await Canary.stop(on: fleet, http)
        let drained = try await drain(fleet, pool)
        crashed += try fleet.replaceEnded().count
        if drained == nil { try await explain(fleet, http, pool) }
        let verdict = try await JournalVerdict(pool, accepted: ledger.now.ids)
        ChaosReport(verdict: verdict, ledger: ledger.now, crashed: crashed, drained: drained).print()
        return verdict.isClean && crashed == 0 && drained != nil
    }

    /// Waits until every job has its outcome.
    ///
    /// - Returns: How long it took; nil if it did not come to an end.
    private func drain(_ fleet: ChaosFleet, _ pool: PostgresPool) async throws -> Duration? {
        let clock = ContinuousClock()
        let begin = clock.now
        while clock.now - begin < .seconds(180) {
            if let open = try? await JournalVerdict.open(pool), open == 0 { return clock.now - begin }
            try await Task.sleep(for: .milliseconds(250))
        }
        return nil
    }

    /// Shows what the API says of jobs that do not end.
    private func explain(_ fleet: ChaosFleet, _ http: HTTPClient, _ pool: PostgresPool) async throws {
        for id in try await JournalVerdict.openIDs(pool, limit: 5) {
            for path in ["jobs/\(id.text)", "jobs/\(id.text)/why"] {
                let request = HTTPRequest(
                    url: "http://127.0.0.1:\(fleet.port)/api/v1/\(path)",
                    headers: [("X-API-Key", fleet.key)]
                )
                let text = try? await http.execute(request).body
                print("  \(path): \(String(decoding: text ?? [], as: UTF8.self))")
            }
        }
    }

    static func time(_ duration: Duration) -> String {
        let tenths =
            Int(duration.components.seconds) * 10
            + Int(duration.components.attoseconds / 100_000_000_000_000_000)
        let text = "\(tenths / 10).\(tenths % 10) s"
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
    }
}
