import ArgumentParser
import Bootstrap
import Logging
import Store

/// The benchmark of the queue; `ops/bench` starts the servers it needs.
@main
struct BenchCommand: AsyncParsableCommand {
    /// A part of the benchmark.
    enum Phase: String, CaseIterable, ExpressibleByArgument {
        case http, enqueue, process, pickup, saturated, journal, recovery
    }

    static let configuration = CommandConfiguration(
        commandName: "cloudoptim-bench",
        abstract: "Measures the queue on private servers: run ops/bench.",
        discussion: """
            Starts the processes it measures from its own directory, and fills the database and Redis that the \
            environment names: never use servers that hold anything.
            """,
        version: Release.version
    )

    @Option(help: "How many jobs are enqueued and processed.")
    var jobs = 100_000

    @Option(help: "Bytes of parameters that each job carries.")
    var payload = 200

    @Option(help: "Worker processes.")
    var workers = 2

    @Option(help: "Jobs that each worker runs at once.")
    var concurrency = 128

    @Option(help: "What to measure: \(Phase.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: [Phase] = []

    @Option(help: "Where processes write their logs.")
    var logs: String

    @Option(help: ArgumentHelp("What redis-benchmark measured.", visibility: .private))
    var redisSetPerS: Double?

    @Flag(help: "Write JSON for programs, and nothing else.")
    var json = false

    func validate() throws {
        guard (1...10_000_000).contains(jobs) else { throw ValidationError("--jobs: from 1 to 10000000") }
        guard (0...200_000).contains(payload) else { throw ValidationError("--payload: from 0 to 200000") }
        guard (1...64).contains(workers) else { throw ValidationError("--workers: from 1 to 64") }
        guard (2...1000).contains(concurrency) else { throw ValidationError("--concurrency: from 2 to 1000") }
    }

    func run() async throws {
        let bed = try await TestBed(settings: Settings(), logs: logs, isTalkative: !json)
        do {
            let report = try await measure(bed)
            await bed.close()
            print(json ? String(decoding: try report.json.serialized(), as: UTF8.self) : report.table)
        } catch {
            await bed.close()
            throw error
        }
    }

    private func measure(_ bed: TestBed) async throws -> BenchReport {
        var report = BenchReport()
        func isWanted(_ phase: Phase) -> Bool { only.isEmpty || only.contains(phase) }

        let load = JobLoad(payload: payload)
        let scheduler = try await bed.startScheduler()
        var peaks: [(name: String, value: Double?)] = []
        if isWanted(.http) {
            bed.say("submitting over HTTP …")
            let requests = min(max(jobs / 5, 64), 20_000)
            peaks.append(("api", try await HTTPPhase(requests: requests, load: load).run(bed, &report)))
            // What comes next starts with an empty queue.
            let helpers = try await bed.startWorkers(workers, concurrency: concurrency)
            try await bed.drained(by: helpers)
            for helper in helpers { try await helper.stop() }
        }
        if isWanted(.enqueue) || isWanted(.process) {
            bed.say("enqueueing \(jobs) jobs …")
            try await EnqueuePhase(jobs: jobs, load: load).run(bed, &report)
            bed.say("processing them with \(workers) workers …")
            let phase = ProcessPhase(workers: workers, concurrency: concurrency, scheduler: scheduler.pid)
            peaks.append(("worker", try await phase.run(bed, &report)))
        }
        if isWanted(.pickup) {
            bed.say("picking up from idle workers …")
            try await PickupPhase(workers: workers, concurrency: concurrency).run(bed, &report)
        }
        if isWanted(.saturated) {
            bed.say("picking up urgent jobs from busy workers …")
            try await SaturatedPhase(workers: workers, concurrency: concurrency).run(bed, &report)
        }
        if isWanted(.journal) {
            bed.say("writing to the journal alone …")
            try await JournalPhase(jobs: min(jobs, 20_000), load: load).run(bed, &report)
        }
        if isWanted(.recovery) {
            bed.say("killing workers …")
            try await RecoveryPhase().run(bed, &report)
        }
        try scheduler.checkRunning()
        peaks.append(("scheduler", ProcessUsage.peakMegabytes(of: scheduler.pid)))
        report.add("peak_rss_mb", unit: "MB", peaks)
        report.add("redis_set_per_s", redisSetPerS, unit: "/s")
        report.add("machine", Machine.description)
        report.add(
            "setup",
            "\(jobs) jobs of \(payload) bytes, \(workers) workers of \(concurrency) slots, \(Release.version)"
        )
        return report
    }
}
