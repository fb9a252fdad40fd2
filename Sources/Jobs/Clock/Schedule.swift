import Cryptography
public import FoundationEssentials
public import Store

/// A schedule that was checked: when it ticks, and what a tick makes.
public struct Schedule: Sendable, Equatable {
    /// Whom one job of a tick is for: a cluster and its customer, or nobody in particular.
    public typealias Target = (cluster: UUID, customer: UUID)

    /// What it was made from.
    public let definition: ScheduleDefinition
    let timing: ScheduleTiming
    private let parameters: [String: JSONValue]

    /// Checks a definition.
    ///
    /// - Throws: ``SubmissionError`` naming the field that is wrong and what would be valid.
    public init(_ definition: ScheduleDefinition) throws(SubmissionError) {
        self.definition = definition
        timing = try ScheduleTiming(definition)
        do {
            parameters = try JSONValue(parsing: definition.parameters).members ?? [:]
        } catch {
            throw SubmissionError(field: "parameters", message: "must be a JSON object")
        }
        try checkName()
        try checkNumbers()
        // What it makes must be what the catalogue takes.
        var sample = JobSubmission(type: definition.jobType, submittedBy: name)
        sample.clusterID = definition.isPerCluster ? UUID() : nil
        sample.parameters = parameters
        do throws(SubmissionError) {
            _ = try sample.accepted(at: Date())
        } catch {
            guard error.field == "cluster_id" else { throw error }
            throw SubmissionError(field: "per_cluster", message: "must be true for \(definition.jobType)")
        }
    }

    /// Looks at every active cluster.
    ///
    /// Samples stay clear of the ends of their interval, so that each interval sees its own.
    public static func collectMetrics(every interval: Duration) -> ScheduleDefinition {
        ScheduleDefinition(
            name: JobType.collectMetrics.rawValue,
            jobType: JobType.collectMetrics.rawValue,
            everySeconds: Int(interval.components.seconds),
            missed: .latest,
            delay: .seconds(interval.seconds * 0.05),
            jitter: .seconds(interval.seconds * 0.7),
            isPerCluster: true,
            isBuiltIn: true
        )
    }

    /// Looks for machines that serve nobody, in every active cluster.
    ///
    /// Clusters are spread over a tenth of the interval; each keeps its own distance from scan to scan.
    public static func scanGhosts(every interval: Duration) -> ScheduleDefinition {
        ScheduleDefinition(
            name: JobType.scanGhosts.rawValue,
            jobType: JobType.scanGhosts.rawValue,
            everySeconds: Int(interval.components.seconds),
            missed: .latest,
            jitter: .seconds(interval.seconds * 0.1),
            isPerCluster: true,
            isBuiltIn: true
        )
    }

    /// Whether jobs of a type are always about a cluster.
    public static func needsCluster(_ type: String) -> Bool {
        JobType(rawValue: type).map { JobCatalogue.defaults(of: $0).needsCluster } ?? false
    }

    /// Its name.
    public var name: String { definition.name }

    /// The first tick after an instant; nil if there is none.
    public func nextTick(after instant: Date) -> Date? { timing.next(after: instant) }

    /// The job of one tick for one target.
    ///
    /// Its id follows from schedule, target and tick, so that any number of schedulers, restarted at any time, make
    /// one job. Jobs are spread by a hash of the cluster; those of a tick that was missed begin with the present.
    ///
    /// - Returns: What to submit. Where only the latest tick counts, it expires when the next one comes.
    func submission(tick: Date, for target: Target?, at now: Date) -> JobSubmission {
        var submission = manualSubmission(for: target, by: JobRecord.schedulePrefix + name)
        let milliseconds = tick.millisecondsSince1970
        let digest = SHA256Digest.hash("\(name)|\(target?.cluster.text ?? "fleet")|\(milliseconds)".utf8)
        submission.id = .version7(at: tick, digest: digest)
        let phase = Self.phase(of: target?.cluster.bytes ?? Array(name.utf8))
        let next = definition.missed == .latest ? timing.next(after: tick) : nil
        let place = tick.addingTimeInterval(definition.delay.seconds + definition.jitter.seconds * phase)
        if place >= now || definition.jitter == .zero {
            submission.runAt = place
        } else {
            let left = next.map { max(0, $0.timeIntervalSince(now)) / 2 } ?? .infinity
            submission.runAt = now.addingTimeInterval(min(definition.jitter.seconds, left) * phase)
        }
        if let next, let runAt = submission.runAt, runAt < next { submission.deadline = next }
        return submission
    }

    /// A job that is made by hand, beside the ticks.
    func manualSubmission(for target: Target?, by name: String) -> JobSubmission {
        var submission = JobSubmission(
            type: definition.jobType,
            clusterID: target?.cluster,
            customerID: target?.customer,
            submittedBy: name
        )
        submission.parameters = parameters
        return submission
    }

    /// 0 to 1, always the same for the same bytes.
    static func phase(of bytes: [UInt8]) -> Double {
        let digest = SHA256Digest.hash(bytes)
        return Double(UInt16(digest[0]) << 8 | UInt16(digest[1])) / 65_536
    }

    private func checkName() throws(SubmissionError) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...60).contains(name.utf8.count) else {
            throw SubmissionError(field: "name", message: "must be 1 to 60 of a-z, 0-9 and -")
        }
    }

    private func checkNumbers() throws(SubmissionError) {
        guard (1...1000).contains(definition.maximumCatchUp) else {
            throw SubmissionError(field: "max_catch_up", message: "must be from 1 to 1000")
        }
        let longest = definition.everySeconds.map { Double($0) } ?? 3600
        let jitter = definition.jitter.seconds
        guard jitter >= 0, jitter <= longest, definition.delay.seconds >= 0 else {
            throw SubmissionError(
                field: "jitter_seconds",
                message: "must be from 0 to the interval, or to 3600 with cron"
            )
        }
    }
}
