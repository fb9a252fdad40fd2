import FoundationEssentials
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import ServiceLifecycle
import Store

/// `/jobs`.
struct JobController {
    static let maximumBatch = 1000

    let queue: JobQueue
    let clusters: ClusterStore
    let customers: CustomerStore
    let waits: OutcomeWaits

    func add(to routes: Routes) {
        routes.post("jobs", needs: .submit, submit)
        routes.post("jobs/batch", needs: .submit, submitBatch)
        routes.get("jobs", needs: .read, list)
        routes.get("jobs/:id", needs: .read, show)
    }

    // MARK: - Submitting

    private func submit(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let bytes = try await request.bytes()
        let body = try SubmissionBody(try JSONWire.value(from: bytes))
        let customer = try await customer(of: body, caller)
        let submission = try body.submission(by: caller, customer: customer, traceparent: context.traceparent)
        let accepted = try await JobIntake(queue: queue)
            .accept(submission, sentAs: bytes, request, context, caller)
        return try JSONWire.response(
            JobBody(accepted.view),
            status: accepted.status,
            headers: accepted.headers
        )
    }

    private struct BatchResult: Encodable {
        struct Failure: Encodable {
            let code: String
            let message: String
            let details: [String: JSONValue]
        }

        var jobId: String?
        var error: Failure?

        init(_ id: UUID) {
            jobId = id.text
        }

        init(_ error: APIError) {
            self.error = Failure(code: error.code, message: error.message, details: error.details)
        }
    }

    private func submitBatch(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        let body = try JSONWire.value(from: try await request.bytes(limit: RequestBodyLimit.batch))
        let jobs = try JSONFields(body, named: nil).requiredArray("jobs")
        guard (1...Self.maximumBatch).contains(jobs.count) else {
            throw APIError.invalid("jobs", "must have 1 to \(Self.maximumBatch) items")
        }
        var results = [BatchResult?](repeating: nil, count: jobs.count)
        var submissions: [(position: Int, submission: JobSubmission)] = []
        for (position, item) in jobs.enumerated() {
            do {
                let parsed = try SubmissionBody(item)
                let customer = try await customer(of: parsed, caller)
                let submission = try parsed.submission(
                    by: caller,
                    customer: customer,
                    traceparent: context.traceparent
                )
                try await queue.admit(to: submission.type)
                submissions.append((position, submission))
            } catch let error as QueueFull {
                results[position] = BatchResult(.queueFull(error))
            } catch let error as APIError where error.status.kind == .clientError {
                results[position] = BatchResult(error)
            }
        }
        let verdicts = try await queue.submit(batch: submissions.map(\.submission))
        for ((position, _), verdict) in zip(submissions, verdicts) {
            results[position] = Self.result(verdict)
        }
        return try JSONWire.response(["results": results.compactMap(\.self)], status: .created)
    }

    private static func result(_ verdict: Result<AcceptanceVerdict, SubmissionError>) -> BatchResult {
        switch verdict {
        case .success(.accepted(let job)): BatchResult(job.id)
        case .success(.existing(let id)): BatchResult(id)
        case .success(.duplicate(let id)), .success(.idempotencyConflict(let id)):
            BatchResult(
                APIError.conflict(
                    "an unfinished job has this dedupe_key",
                    details: ["field": .string("dedupe_key"), "job_id": .string(id.text)]
                )
            )
        case .failure(let error): BatchResult(APIError(error))
        }
    }

    /// Whose job it is.
    ///
    /// What the caller may not know of is not there for it.
    private func customer(of body: SubmissionBody, _ caller: Caller) async throws -> UUID? {
        if let clusterID = body.clusterID {
            guard let cluster = try await clusters.find(clusterID), caller.sees(cluster.customerID) else {
                throw APIError.notFound("cluster", field: "cluster_id")
            }
            if let named = body.customerID, named != cluster.customerID {
                throw APIError.invalid("customer_id", "is not the customer of this cluster")
            }
            return cluster.customerID
        }
        guard let named = body.customerID else { return caller.customerID }
        guard caller.sees(named), try await customers.find(named) != nil else {
            throw APIError.notFound("customer", field: "customer_id")
        }
        return named
    }

    // MARK: - Reading

    private func show(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let id = try context.pathID("job")
        let wait = try request.query("wait", in: 0...60, default: 0)
        guard var view = try await queue.view(id), caller.sees(view.entry.job.customerID) else {
            throw APIError.notFound("job")
        }
        if wait > 0, !view.state.isTerminal {
            await waits.waitOrShutDown(for: id, atMost: .seconds(wait))
            view = try await queue.view(id) ?? view
        }
        return try JSONWire.response(JobBody(view))
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let limit = try request.query("limit", in: 1...500, default: 50)
        let customer = try request.queryID("customer_id") ?? caller.customerID
        guard customer == nil || caller.sees(customer) else { throw APIError.notFound("customer") }
        var filter = JobJournal.Filter(
            customerID: customer,
            clusterID: try request.queryID("cluster_id"),
            type: request.query("type"),
            since: try request.queryTime("since"),
            until: try request.queryTime("until")
        )
        let state = try state(request)
        if let state {
            filter.outcome = AttemptRecord.Status(rawValue: state.rawValue)
            filter.isOpen = !state.isTerminal
        }
        var cursor = try request.queryID("cursor")
        var found: [JobQueue.View] = []
        var isLast = false
        // The live states are Redis's to tell: pages are filled from as many journal pages as it takes, up to a bound.
        for _ in 0..<20 where found.count < limit && !isLast {
            let entries = try await queue.journal.entries(filter, before: cursor, limit: limit)
            isLast = entries.count < limit
            for view in try await queue.views(of: entries) where found.count < limit {
                cursor = view.entry.job.id
                if state == nil || view.state == state { found.append(view) }
            }
        }
        let hasMore = !isLast || found.count == limit
        return try JSONWire.response(
            found.map { JobBody($0) },
            nextCursor: hasMore ? cursor?.text : nil
        )
    }

    private func state(_ request: Request) throws -> JobState? {
        guard let text = request.query("state") else { return nil }
        guard let state = JobState(rawValue: text) else {
            throw APIError.invalid("state", "is not a state", valid: JobState.allCases.map(\.rawValue))
        }
        return state
    }
}
