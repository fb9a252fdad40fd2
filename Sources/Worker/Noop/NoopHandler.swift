import Jobs
import Store

/// `noop`: sleeps as long as it is told, then ends as it is told.
struct NoopHandler: JobHandler {
    func run(_ context: JobContext) async throws -> JobReport {
        let parameters = try context.parameters()
        if case .integer(let milliseconds)? = parameters["sleep_ms"], milliseconds > 0 {
            try await Task.sleep(for: .milliseconds(milliseconds))
        }
        switch parameters["fail"] {
        case .string("retryable"):
            throw JobFailure(code: "told_to_fail", message: "as the parameters say", isRetryable: true)
        case .string("permanent"):
            throw JobFailure(code: "told_to_fail", message: "as the parameters say", isRetryable: false)
        default: return JobReport()
        }
    }
}
