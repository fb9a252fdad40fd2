/// How soon idle workers start a job: one each 20 ms, for 10 s.
///
/// From the commit in PostgreSQL until the handler starts. How long the commit takes is told apart, by `submit_ms`.
struct PickupPhase {
    let workers: Int
    let concurrency: Int

    func run(_ bed: TestBed, _ report: inout BenchReport) async throws {
        let notes = StartNotes()
        try await InProcessWorkers(count: workers, concurrency: concurrency).run(bed, notes) {
            // Connections are there before it counts.
            _ = try await InProcessWorkers.pickups(of: 10, priority: 5, on: bed, notes)
            let times = try await InProcessWorkers.pickups(of: 500, priority: 5, on: bed, notes)
            report.add(
                "pickup_ms",
                unit: "ms",
                [
                    ("p50", times.pickup.value(at: 50)), ("p95", times.pickup.value(at: 95)),
                    ("p99", times.pickup.value(at: 99)), ("max", times.pickup.max),
                ]
            )
            report.add(
                "submit_ms",
                unit: "ms",
                [("p50", times.submit.value(at: 50)), ("p99", times.submit.value(at: 99))]
            )
            try await bed.drained()
        }
    }
}
