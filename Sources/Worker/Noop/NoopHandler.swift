import Jobs

/// `noop`: sleeps as long as it is told, then ends as it is told.
struct NoopHandler: JobHandler {
    private struct Parameters: Decodable {
        let sleepMilliseconds: Int64?
        let fail: String?

        enum CodingKeys: String, CodingKey {
            case sleepMilliseconds = "sleep_ms"
            case fail
        }
    }

    func run(_ context: JobContext) async throws -> JobReport {
        let parameters = try context.parameters(as: Parameters.self)
        if let milliseconds = parameters.sleepMilliseconds, milliseconds > 0 {
            try await Task.sleep(for: .milliseconds(milliseconds))
        }
        switch parameters.fail {
        case "retryable":
            throw JobFailure(code: "told_to_fail", message: "as the parameters say", isRetryable: true)
        case "permanent":
            throw JobFailure(code: "told_to_fail", message: "as the parameters say", isRetryable: false)
        default: return JobReport()
        }
    }
}
