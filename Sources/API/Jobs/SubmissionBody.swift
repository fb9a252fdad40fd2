import Cryptography
import FoundationEssentials
import Jobs
import Store

/// A submission as clients send it.
struct SubmissionBody {
    let type: String
    let clusterID: UUID?
    let customerID: UUID?
    let parameters: [String: JSONValue]?
    let priority: Int?
    let deadline: Date?
    let runAt: Date?
    let maxAttempts: Int?
    let dedupeKey: String?
    let dedupeMode: String?
    let isDryRun: Bool?

    static let names: Set = [
        "type", "cluster_id", "customer_id", "parameters", "priority", "deadline", "run_at", "max_attempts",
        "dedupe_key", "dedupe_mode", "dry_run",
    ]

    /// - Throws: ``APIError`` naming the field that is missing, of the wrong type, or none of a submission.
    init(_ value: JSONValue) throws(APIError) {
        let fields = try JSONFields(value, named: Self.names)
        type = try fields.required("type")
        clusterID = try fields.uuid("cluster_id")
        customerID = try fields.uuid("customer_id")
        parameters = try fields.object("parameters")
        priority = try fields.integer("priority")
        deadline = try fields.time("deadline")
        runAt = try fields.time("run_at")
        maxAttempts = try fields.integer("max_attempts")
        dedupeKey = try fields.string("dedupe_key")
        dedupeMode = try fields.string("dedupe_mode")
        isDryRun = try fields.bool("dry_run")
    }

    /// The submission of this body by a caller, for a customer that was looked up.
    ///
    /// - Throws: ``APIError`` for a word that is not known.
    func submission(by caller: Caller, customer: UUID?, traceparent: String?) throws(APIError)
        -> JobSubmission
    {
        var submission = JobSubmission(
            type: type,
            clusterID: clusterID,
            customerID: customer,
            submittedBy: caller.name
        )
        submission.parameters = parameters ?? [:]
        submission.priority = priority
        submission.deadline = deadline
        submission.runAt = runAt
        submission.maxAttempts = maxAttempts
        submission.dedupeKey = dedupeKey
        if let dedupeMode {
            guard let policy = JobAcceptance.DuplicatePolicy(rawValue: dedupeMode) else {
                let words = JobAcceptance.DuplicatePolicy.allCases.map(\.rawValue)
                throw .invalid("dedupe_mode", "is not known", valid: words)
            }
            guard dedupeKey != nil else { throw .invalid("dedupe_mode", "needs a dedupe_key") }
            submission.whenDuplicate = policy
        }
        submission.isDryRun = isDryRun ?? false
        submission.traceparent = traceparent
        return submission
    }
}
