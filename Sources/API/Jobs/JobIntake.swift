import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Store

/// The way in of every call that makes one job.
struct JobIntake {
    /// What came of a submission.
    struct Accepted {
        var view: JobQueue.View
        /// Whether this call made the job; else an earlier one did.
        let isNew: Bool

        var status: HTTPResponse.Status { isNew ? .created : .ok }
        var headers: HTTPFields { [.location: "/\(APIRouter.prefix)/jobs/\(view.entry.job.id.text)"] }
    }

    let queue: JobQueue

    /// Accepts a job, or finds the one that an earlier call with the same `Idempotency-Key` made.
    ///
    /// - Parameters:
    ///   - submission: The job.
    ///   - content: What must be the same for the key to stand for the same request.
    ///   - request: For its headers.
    ///   - context: For its logger.
    ///   - caller: Whose key it is.
    /// - Returns: The job.
    /// - Throws: ``APIError``, `QueueFull`, `SubmissionError`; what the database throws.
    func accept(
        _ submission: JobSubmission,
        sentAs content: [UInt8],
        _ request: Request,
        _ context: APIContext,
        _ caller: Caller
    ) async throws -> Accepted {
        var submission = submission
        if let key = request.headers[.idempotencyKey] {
            guard (1...200).contains(key.utf8.count) else {
                throw APIError.invalid("Idempotency-Key", "must have 1 to 200 bytes")
            }
            // A key is its caller's own: two API keys never meet. Hashed, so that its length is bounded.
            let scoped = Hex.encode(SHA256Digest.hash("\(caller.keyID.text):\(key)".utf8))
            submission.idempotency = .init(key: scoped, requestHash: SHA256Digest.hash(content))
        }
        try await queue.admit(to: submission.type)
        switch try await queue.submit(submission) {
        case .accepted(let job):
            context.logger.info(
                "job accepted",
                metadata: ["job.id": .string(job.id.text), "job.type": .string(job.type)]
            )
            return Accepted(view: queue.view(accepted: job), isNew: true)
        case .existing(let id):
            guard let view = try await queue.view(id) else { throw APIError.notFound("job") }
            return Accepted(view: view, isNew: false)
        case .idempotencyConflict(let id):
            throw APIError.conflict(
                "this Idempotency-Key was used for another request",
                details: ["job_id": .string(id.text)]
            )
        case .duplicate(let id):
            throw APIError.conflict(
                "an unfinished job has this dedupe_key",
                details: ["field": .string("dedupe_key"), "job_id": .string(id.text)]
            )
        }
    }
}
