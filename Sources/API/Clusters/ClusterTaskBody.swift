import FoundationEssentials
import Jobs
import Store

/// What a cluster's own calls take: the job's parameters, flat, and a few of what every job has.
struct ClusterTaskBody {
    let type: JobType
    let parameters: [String: JSONValue]
    let priority: Int?
    let deadline: Date?
    let isDryRun: Bool

    private static let own = ["priority", "deadline", "dry_run"]
    /// Another name for `grace_period_seconds`.
    private static let gracePeriod = "grace_period"

    /// The fields that the body of a type may have.
    static func names(of type: JobType) -> Set<String> {
        let parameters = JobCatalogue.defaults(of: type).parameters.map(\.name)
        return Set(parameters + own + (type == .drainNode ? [gracePeriod] : []))
    }

    /// - Throws: ``APIError`` naming the field that is none of the body, or of the wrong type. Parameters are checked
    ///   at submission.
    init(_ value: JSONValue, for type: JobType) throws(APIError) {
        self.type = type
        let fields = try JSONFields(value, named: Self.names(of: type))
        var parameters: [String: JSONValue] = [:]
        for rule in JobCatalogue.defaults(of: type).parameters {
            parameters[rule.name] = fields.value(rule.name)
        }
        if let seconds = fields.value(Self.gracePeriod) {
            guard parameters["grace_period_seconds"] == nil else {
                throw .invalid(Self.gracePeriod, "is the same as grace_period_seconds: give one of them")
            }
            parameters["grace_period_seconds"] = seconds
        }
        self.parameters = parameters
        priority = try fields.integer("priority")
        deadline = try fields.time("deadline")
        isDryRun = try fields.bool("dry_run") ?? false
    }

    /// The job that does it.
    func submission(for cluster: ClusterRecord, by caller: Caller, traceparent: String?) -> JobSubmission {
        var submission = JobSubmission(
            type: type.rawValue,
            clusterID: cluster.id,
            customerID: cluster.customerID,
            submittedBy: caller.name
        )
        submission.parameters = parameters
        submission.priority = priority
        submission.deadline = deadline ?? deadlineForTimeout
        submission.isDryRun = isDryRun
        submission.traceparent = traceparent
        return submission
    }

    /// A drain that may take longer than its type's deadline gets one that fits.
    private var deadlineForTimeout: Date? {
        guard case .integer(let seconds)? = parameters["timeout_seconds"], (1...3600).contains(seconds) else {
            return nil
        }
        let needed = Duration.seconds(seconds + 60)
        guard needed > JobCatalogue.defaults(of: type).deadline else { return nil }
        return Date().addingTimeInterval(needed / .seconds(1))
    }
}
