import FoundationEssentials
import Jobs
import Store

/// How long after the SIGKILL of its worker a job runs elsewhere.
///
/// The rounds overlap: several workers are killed one after the other, while others survive.
struct RecoveryPhase {
    private static let rounds = 5
    private static let slots = 4
    private static let survivors = 2

    func run(_ bed: TestBed, _ report: inout BenchReport) async throws {
        let victims = try await bed.startWorkers(Self.rounds, concurrency: Self.slots)
        var submission = JobSubmission(type: JobType.noop.rawValue, submittedBy: "bench")
        submission.parameters = ["sleep_ms": .integer(120_000)]
        let count = Self.rounds * Self.slots
        let results = try await bed.queue.submit(batch: (0..<count).map { _ in submission })
        let jobs: [(queue: String, id: UUID)] = results.compactMap { result in
            guard case .success(.accepted(let job)) = result else { return nil }
            return (job.queue, job.id)
        }
        let index = bed.queue.index
        var first: [UUID: (worker: String, fence: Int64)] = [:]
        try await bed.eventually("the start of long jobs") {
            for (job, place) in zip(jobs, try await index.places(of: jobs)) {
                if case .running(let worker, let fence, _) = place { first[job.id] = (worker, fence) }
            }
            return first.count == count
        }
        let names = Dictionary(
            try await index.workers().map { (Int32($0.pid), $0.id) },
            uniquingKeysWith: { $1 }
        )
        let survivors = try await bed.startWorkers(Self.survivors, concurrency: count)

        var kills: [String: ContinuousClock.Instant] = [:]
        var recovered: [UUID: Double] = [:]
        let begin = ContinuousClock.now
        try await bed.eventually("the restart of all jobs") {
            let next = kills.count
            // Not in step with the heartbeat of 3 s.
            if next < victims.count, ContinuousClock.now > begin + .milliseconds(700 * next) {
                victims[next].kill()
                kills[names[victims[next].pid] ?? ""] = .now
            }
            for (job, place) in zip(jobs, try await index.places(of: jobs)) where recovered[job.id] == nil {
                guard case .running(_, let fence, _) = place, let before = first[job.id],
                    fence != before.fence, let killed = kills[before.worker]
                else { continue }
                recovered[job.id] = killed.duration(to: .now).seconds
            }
            return recovered.count == count
        }
        for survivor in survivors { survivor.kill() }
        let times = Percentiles(Array(recovered.values))
        report.add("recovery_s", unit: "s", [("p50", times.value(at: 50)), ("max", times.max)])
    }
}
