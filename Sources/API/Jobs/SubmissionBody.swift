import Cryptography
import FoundationEssentials
import Jobs
import Store

/// A submission as clients send it.
struct SubmissionBody: StrictBody {
    let type: String
    let clusterId: UUID?
    let customerId: UUID?
    let parameters: [String: JSONValue]?
    let priority: WholeNumber?
    let deadline: Date?
    let runAt: Date?
    let maxAttempts: WholeNumber?
    let dedupeKey: String?
    let dedupeMode: String?
    let dryRun: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case type, clusterId, customerId, parameters, priority, deadline, runAt, maxAttempts, dedupeKey,
            dedupeMode, dryRun
    }

    /// The submission of this body by a caller, for a customer that was looked up.
    ///
    /// - Throws: ``APIError`` for a word that is not known.
    func submission(by caller: Caller, customer: UUID?, traceparent: String?) throws(APIError)
        -> JobSubmission
    {
        var submission = JobSubmission(
            type: type,
            clusterID: clusterId,
            customerID: customer,
            submittedBy: caller.name
        )
        submission.parameters = parameters ?? [:]
        submission.priority = priority?.value
        submission.deadline = deadline
        submission.runAt = runAt
        submission.maxAttempts = maxAttempts?.value
        submission.dedupeKey = dedupeKey
        if let dedupeMode {
            guard let policy = JobAcceptance.DuplicatePolicy(rawValue: dedupeMode) else {
                let words = JobAcceptance.DuplicatePolicy.allCases.map(\.rawValue)
                throw .invalid("dedupe_mode", "is not known", valid: words)
            }
            guard dedupeKey != nil else { throw .invalid("dedupe_mode", "needs a dedupe_key") }
            submission.whenDuplicate = policy
        }
        submission.isDryRun = dryRun ?? false
        submission.traceparent = traceparent
        return submission
    }
}
