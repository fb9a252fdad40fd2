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
    let dryRun: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case type, clusterId, customerId, parameters, priority, deadline, runAt, maxAttempts, dedupeKey,
            dryRun
    }

    /// The submission of this body by a caller, for a customer that was looked up.
    func submission(by caller: Caller, customer: UUID?, traceparent: String?) -> JobSubmission {
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
        submission.isDryRun = dryRun ?? false
        submission.traceparent = traceparent
        return submission
    }
}
