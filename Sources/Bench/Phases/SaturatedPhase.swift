import Jobs

/// How soon urgent jobs start while long ones hold every ordinary slot, and more of them wait.
///
/// Measured as in ``PickupPhase``; one slot of each worker is reserved.
struct SaturatedPhase {
    private static let backlog = 100

    let workers: Int
    let concurrency: Int

    func run(_ bed: TestBed, _ report: inout BenchReport) async throws {
        let notes = StartNotes()
        let slots = workers * (concurrency - 1)
        try await InProcessWorkers(count: workers, concurrency: concurrency, reserve: 1).run(bed, notes) {
            var left = slots + Self.backlog
            while left > 0 {
                let size = min(left, 1000)
                let long = (0..<size).map { _ in JobLoad(payload: 0).submission() }
                _ = try await bed.queue.submit(batch: long)
                left -= size
            }
            try await bed.eventually("work for all slots") { try await bed.stats().running == slots }
            let times = try await InProcessWorkers.pickups(of: 200, priority: 1, on: bed, notes)
            report.add(
                "saturated_urgent_pickup_ms",
                unit: "ms",
                [("p50", times.pickup.value(at: 50)), ("p99", times.pickup.value(at: 99))]
            )
            notes.open()
            try await bed.drained()
        }
    }
}
