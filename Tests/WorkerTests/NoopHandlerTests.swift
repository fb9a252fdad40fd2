import FoundationEssentials
import Jobs
import Logging
import Store
import Testing

@testable import Worker

@Suite("NoopHandler", .timeLimit(.minutes(1))) struct NoopHandlerTests {
    private func run(_ parameters: String) async throws -> JobReport {
        try await NoopHandler().run(.test("noop", parameters: parameters))
    }

    @Test func succeeds() async throws {
        #expect(try await run("{}").logs.isEmpty)
        _ = try await run(#"{"sleep_ms":0,"fail":"none"}"#)
    }

    @Test func sleepsAsLongAsItIsTold() async throws {
        let clock = ContinuousClock()
        let took = try await clock.measure { _ = try await run(#"{"sleep_ms":80}"#) }
        #expect(took >= .milliseconds(80))
    }

    @Test(arguments: [("retryable", true), ("permanent", false)])
    func failsAsItIsTold(word: String, isRetryable: Bool) async throws {
        let error = await #expect(throws: JobFailure.self) { _ = try await run(#"{"fail":"\#(word)"}"#) }
        #expect(error?.code == "told_to_fail")
        #expect(error?.isRetryable == isRetryable)
    }

    @Test func wakesWhenItIsCancelled() async throws {
        let task = Task { try await run(#"{"sleep_ms":3600000}"#) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

extension JobContext {
    /// A first run of a job, without a queue.
    static func test(
        _ type: String,
        cluster: UUID? = nil,
        parameters: String = "{}",
        deadline: ContinuousClock.Instant? = nil,
        submittedBy: String = "test",
        id: UUID = .version7(),
        fence: Int64 = 1,
        isDryRun: Bool = false
    ) -> JobContext {
        JobContext(
            job: JobRecord(
                id: id,
                type: type,
                queue: type,
                clusterID: cluster,
                parameters: Array(parameters.utf8),
                priority: 5,
                runAt: Date(),
                maxAttempts: 1,
                isDryRun: isDryRun,
                submittedAt: Date(),
                submittedBy: submittedBy
            ),
            attempt: 1,
            fence: fence,
            deadline: deadline,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}
