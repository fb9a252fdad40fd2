import FoundationEssentials
import Jobs
import Postgres
import Store

/// Worker processes empty the queue: from the first claim to the last outcome, by what the journal says.
struct ProcessPhase {
    let workers: Int
    let concurrency: Int
    let scheduler: Int32

    /// - Returns: The most memory a worker had resident, in MB.
    func run(_ bed: TestBed, _ report: inout BenchReport) async throws -> Double? {
        let waiting = try await bed.stats().ready
        let begin = try await bed.queue.journal.now()
        let before = CPUTimes(bed, children: [scheduler])
        let children = try await bed.startWorkers(workers, concurrency: concurrency)
        try await bed.drained(by: children)
        let after = CPUTimes(bed, children: [scheduler] + children.map(\.pid))
        let peak = children.compactMap { ProcessUsage.peakMegabytes(of: $0.pid) }.max()
        for child in children { try await child.stop() }

        let rows = try await bed.pool.query(
            """
            SELECT count(*)::bigint AS runs, count(DISTINCT job_id)::bigint AS jobs,
                extract(epoch FROM max(recorded_at) - min(started_at))::double precision AS seconds
            FROM job_attempts WHERE terminal AND status = 'success'
                AND started_at >= \(begin)
            """
        )
        guard let row = rows.first else { throw BenchError("the journal says nothing") }
        let runs: Int = try row.decode("runs")
        let jobs: Int = try row.decode("jobs")
        guard runs == waiting, jobs == waiting else {
            throw BenchError("the journal has \(runs) successes of \(jobs) jobs, not \(waiting)")
        }
        report.add("process_per_s", Double(runs) / (try row.decode("seconds") ?? .infinity), unit: "/s")
        report.add(
            "process_cpu_us_per_job",
            unit: "µs",
            after.perJob(
                since: before,
                jobs: runs,
                children: ["scheduler"] + children.map { _ in "worker" }
            )
        )
        return peak
    }
}
