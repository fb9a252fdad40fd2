import Cryptography
public import FoundationEssentials
public import Store

/// What somebody asks for: a type, and whatever differs from the type's defaults.
public struct JobSubmission: Sendable {
    /// A type's name.
    public var type: String
    /// The cluster it is about.
    public var clusterID: UUID?
    /// Whose it is; with a cluster, the cluster's customer.
    public var customerID: UUID?
    /// The type's parameters.
    public var parameters: [String: JSONValue] = [:]
    /// 1 (first) to 10.
    public var priority: Int?
    /// When it has no more use.
    public var deadline: Date?
    /// When it may start at the earliest.
    public var runAt: Date?
    /// How many runs may fail.
    public var maxAttempts: Int?
    /// At most one unfinished job of a customer has a key.
    public var dedupeKey: String?
    /// What happens if one has it; nil for the type's own way, or a refusal.
    public var whenDuplicate: JobAcceptance.DuplicatePolicy?
    /// Decide and report, but change nothing outside.
    public var isDryRun = false
    /// W3C trace context.
    public var traceparent: String?
    /// The key's name, or the schedule's.
    public var submittedBy: String
    /// The client's idempotency key.
    public var idempotency: JobAcceptance.Idempotency?
    /// The id it gets; ticks have ids of their own.
    public var id: UUID?

    /// Makes a submission with the type's defaults.
    public init(type: String, clusterID: UUID? = nil, customerID: UUID? = nil, submittedBy: String) {
        self.type = type
        self.clusterID = clusterID
        self.customerID = customerID
        self.submittedBy = submittedBy
    }

    /// Bytes of parameters that are accepted.
    public static let maximumParameterBytes = 256 * 1024

    /// Checks the submission and fills in the type's defaults.
    ///
    /// - Parameter now: For the checks of times; what is stored comes from PostgreSQL's clock.
    /// - Returns: What the journal accepts.
    /// - Throws: ``SubmissionError`` naming the field that is wrong and what would be valid.
    public func accepted(at now: Date) throws(SubmissionError) -> JobAcceptance {
        guard let known = JobType(rawValue: type) else {
            throw SubmissionError(
                field: "type",
                message: "is not a known job type",
                validValues: JobCatalogue.served.map(\.rawValue)
            )
        }
        let defaults = JobCatalogue.defaults(of: known)
        guard defaults.isServed else {
            throw SubmissionError(
                field: "type",
                message: "is known, but no worker of this release runs it",
                validValues: JobCatalogue.served.map(\.rawValue)
            )
        }
        if defaults.needsCluster, clusterID == nil {
            throw SubmissionError(field: "cluster_id", message: "is required for \(type)")
        }
        try ParameterRule.check(parameters, against: defaults.parameters)
        try checkNumbers()
        try checkTimes(at: now)
        try checkKeys()
        let exclusiveKey = exclusiveKey(defaults.exclusivity)
        // A type that lets no two jobs wait about one thing tells them by the thing, unless the client has a key.
        let ownKey = defaults.whenDuplicate == nil ? nil : exclusiveKey
        let record = JobRecord(
            id: id ?? .version7(at: now),
            type: type,
            queue: type,
            clusterID: clusterID,
            customerID: customerID,
            parameters: try serializedParameters(),
            priority: priority ?? defaults.priority,
            deadline: deadline,
            runAt: runAt ?? now,
            maxAttempts: maxAttempts ?? defaults.maxAttempts,
            exclusiveKey: exclusiveKey,
            dedupeKey: dedupeKey ?? ownKey,
            isDryRun: isDryRun,
            traceparent: traceparent,
            submittedAt: now,
            submittedBy: submittedBy
        )
        var acceptance = JobAcceptance(
            record: record,
            runsAtOnce: runAt == nil,
            deadlineAfter: deadline == nil ? defaults.deadline.seconds : nil,
            idempotency: idempotency
        )
        acceptance.whenDuplicate = whenDuplicate ?? defaults.whenDuplicate ?? .refuse
        return acceptance
    }

    private func checkNumbers() throws(SubmissionError) {
        if let priority, !(1...10).contains(priority) {
            throw SubmissionError(field: "priority", message: "must be from 1 (first) to 10")
        }
        if let maxAttempts, !(1...100).contains(maxAttempts) {
            throw SubmissionError(field: "max_attempts", message: "must be from 1 to 100")
        }
    }

    private func checkTimes(at now: Date) throws(SubmissionError) {
        let farthest = now.addingTimeInterval(366 * 86_400)
        if let deadline, deadline <= now {
            throw SubmissionError(field: "deadline", message: "is in the past")
        }
        if let deadline, deadline > farthest.addingTimeInterval(366 * 86_400) {
            throw SubmissionError(field: "deadline", message: "is more than two years ahead")
        }
        if let runAt, runAt > farthest {
            throw SubmissionError(field: "run_at", message: "is more than a year ahead")
        }
        if let deadline, let runAt, runAt >= deadline {
            throw SubmissionError(field: "run_at", message: "must be before the deadline")
        }
    }

    private func checkKeys() throws(SubmissionError) {
        if let dedupeKey, !(1...200).contains(dedupeKey.utf8.count) {
            throw SubmissionError(field: "dedupe_key", message: "must have 1 to 200 bytes")
        }
        if dedupeKey?.utf8.contains(0) == true {
            throw SubmissionError(field: "dedupe_key", message: "must not hold a NUL character")
        }
        if let key = idempotency?.key, !(1...200).contains(key.utf8.count) {
            throw SubmissionError(field: "Idempotency-Key", message: "must have 1 to 200 bytes")
        }
        if let key = idempotency?.key, key.utf8.contains(0) {
            throw SubmissionError(field: "Idempotency-Key", message: "must not hold the character NUL")
        }
    }

    private func serializedParameters() throws(SubmissionError) -> [UInt8] {
        guard !parameters.isEmpty else { return Array("{}".utf8) }
        guard !JSONValue.object(parameters).holdsNUL else {
            throw SubmissionError(field: "parameters", message: "must not hold a NUL character")
        }
        do {
            let bytes = try JSONValue.object(parameters).serialized()
            guard bytes.count <= Self.maximumParameterBytes else { throw PayloadTooLarge() }
            return bytes
        } catch is PayloadTooLarge {
            throw SubmissionError(field: "parameters", message: "must have at most 256 KiB as JSON")
        } catch {
            throw SubmissionError(field: "parameters", message: "holds a number that JSON cannot write")
        }
    }

    private struct PayloadTooLarge: Error {}

    private func exclusiveKey(_ exclusivity: JobDefaults.Exclusivity) -> String? {
        switch exclusivity {
        case .none: return nil
        case .cluster: return clusterID.map { "\(type):\($0.text)" }
        case .customer: return customerID.map { "\(type):\($0.text)" }
        case .parameter(let name):
            guard case .string(let value)? = parameters[name] else { return nil }
            // The index holds 255 bytes of a key: a long value is told by its hash.
            let name = value.utf8.count <= 100 ? value : Hex.encode(SHA256Digest.hash(value.utf8))
            return "\(type):\(clusterID?.text ?? ""):\(name)"
        }
    }
}
