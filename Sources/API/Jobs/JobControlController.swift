import FoundationEssentials
import Hummingbird
import Jobs
import Logging
import Store

/// `/jobs/{id}/cancel`, `/retry` and `/why`.
struct JobControlController {
    let queue: JobQueue

    func add(to routes: Routes) {
        routes.post("jobs/:id/cancel", needs: .submit, cancel)
        routes.post("jobs/:id/retry", needs: .submit, retry)
        routes.get("jobs/:id/why", needs: .read, why)
    }

    private func cancel(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let id = try await visibleJob(context, caller)
        let view = try await queue.cancel(id, by: caller.name)
        context.logger.info(
            "job cancelled",
            metadata: ["job.id": "\(id.text)", "api_key.name": "\(caller.name)"]
        )
        return try JSONWire.response(JobBody(view))
    }

    private func retry(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let id = try await visibleJob(context, caller)
        let view = try await queue.retry(id)
        context.logger.info(
            "job retried",
            metadata: ["job.id": "\(id.text)", "api_key.name": "\(caller.name)"]
        )
        return try JSONWire.response(JobBody(view))
    }

    private struct ExplanationBody: Encodable {
        struct Reason: Encodable {
            let code: String
            let message: String
        }

        let jobId: String
        let state: String
        @Nullable var ahead: Int?
        @Nullable var keyHeldBy: String?
        @Nullable var due: Date?
        let reasons: [Reason]
    }

    private func why(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let id = try await visibleJob(context, caller)
        guard let found = try await queue.explain(id) else { throw APIError.notFound("job") }
        return try JSONWire.response(
            ExplanationBody(
                jobId: id.text,
                state: found.state.rawValue,
                ahead: found.ahead,
                keyHeldBy: found.keyHolder?.text,
                due: found.due,
                reasons: found.reasons.map { .init(code: $0.code, message: $0.message) }
            )
        )
    }

    /// A job that the caller may know of.
    private func visibleJob(_ context: APIContext, _ caller: Caller) async throws -> UUID {
        let id = try context.pathID("job")
        guard let entry = try await queue.journal.entry(id), caller.sees(entry.job.customerID) else {
            throw APIError.notFound("job")
        }
        return id
    }
}
