import ServiceLifecycleTestKit
import Store
import TestKit
import Testing

@testable import Jobs

extension TestFleet {
    func worker(
        handler: any JobHandler,
        _ adjust: (inout WorkerConfiguration) -> Void = { _ in }
    ) -> WorkerRuntime {
        var configuration = WorkerConfiguration(
            queues: ["noop"],
            concurrency: 4,
            drainLimit: .seconds(20),
            retry: RetryPolicy(base: .milliseconds(20), cap: .milliseconds(100))
        )
        adjust(&configuration)
        return WorkerRuntime(
            queue: queue,
            handlers: [.noop: handler],
            configuration: configuration,
            host: "test",
            logger: logger
        )
    }

    /// Runs a worker around a body, then stops it gracefully and waits until it has returned.
    func running(
        _ workers: WorkerRuntime...,
        body: @escaping @Sendable (_ stop: @Sendable () -> Void) async throws -> Void
    ) async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask { try await worker.run() }
                }
                try await body { trigger.triggerGracefulShutdown() }
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    /// Waits until a job has its outcome.
    func finished(_ job: JobRecord, within limit: Duration = .seconds(20)) async throws -> AttemptRecord {
        try await eventually(within: limit, "an outcome of the job") {
            try await outcome(of: job.id) != nil
        }
        return try #require(try await outcome(of: job.id))
    }
}
