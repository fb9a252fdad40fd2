import Jobs
import Store

/// Batches of 1,000 through `JobQueue.submit(batch:)`, several under way: committed and in Redis when it returns.
struct EnqueuePhase {
    private static let batch = 1000
    private static let batchesAtOnce = 4

    let jobs: Int
    let load: JobLoad

    func run(_ bed: TestBed, _ report: inout BenchReport) async throws {
        let queue = bed.queue
        // Connections, scripts and statements are there before it counts.
        _ = try await queue.submit(batch: [load.submission()])
        let memory = try await bed.redisBytes()
        let before = CPUTimes(bed)
        let started = ContinuousClock.now
        try await withThrowingTaskGroup(of: Int.self) { group in
            var sizes = stride(from: 0, to: jobs, by: Self.batch).map { min(Self.batch, jobs - $0) }
                .makeIterator()
            func submitNext() {
                guard let size = sizes.next() else { return }
                group.addTask {
                    let results = try await queue.submit(batch: (0..<size).map { _ in load.submission() })
                    return results.count { (try? $0.get()) != nil }
                }
            }
            for _ in 0..<Self.batchesAtOnce { submitNext() }
            var accepted = 0
            while let count = try await group.next() {
                accepted += count
                submitNext()
            }
            guard accepted == jobs else { throw BenchError("only \(accepted) of \(jobs) jobs were accepted") }
        }
        let seconds = started.duration(to: .now).seconds
        let after = CPUTimes(bed)
        let ready = try await bed.stats().ready
        guard ready == jobs + 1 else { throw BenchError("Redis holds \(ready) jobs, not \(jobs + 1)") }
        report.add("enqueue_per_s", Double(jobs) / seconds, unit: "/s")
        report.add(
            "redis_bytes_per_job",
            Double(try await bed.redisBytes() - memory) / Double(jobs),
            unit: "B"
        )
        report.add(
            "enqueue_cpu_us_per_job",
            unit: "µs",
            after.perJob(since: before, jobs: jobs, own: "library")
        )
    }
}
