public import FoundationEssentials
import Cryptography
import Store

/// A job type that is made for every cluster at a fixed interval.
public struct Schedule: Sendable, Equatable {
    /// Its name; part of the ids of its jobs.
    public let name: String
    /// The type of its jobs.
    public let type: JobType
    /// The interval, whole seconds.
    public let every: Duration

    /// Makes a schedule.
    public init(name: String, type: JobType, every: Duration) {
        self.name = name
        self.type = type
        self.every = every
    }

    /// The job of one tick for one cluster.
    ///
    /// Its id follows from schedule, cluster and tick, so that any number of schedulers, restarted at any time, make
    /// one job. A tick is the start of an interval of the clock; jobs are spread over the interval by a hash of the
    /// cluster, and stay clear of its ends, so that each interval sees its own sample.
    ///
    /// - Returns: What to submit; it expires when its interval ends.
    public func submission(tick: Date, cluster: UUID, customer: UUID) -> JobSubmission {
        var submission = JobSubmission(
            type: type.rawValue,
            clusterID: cluster,
            customerID: customer,
            submittedBy: JobRecord.schedulePrefix + name
        )
        let digest = SHA256Digest.hash("\(name)|\(cluster.text)|\(tick.millisecondsSince1970)".utf8)
        submission.id = .version7(at: tick, digest: digest)
        submission.runAt = tick.addingTimeInterval(every.seconds * (0.05 + 0.7 * Self.phase(of: cluster)))
        submission.deadline = tick.addingTimeInterval(every.seconds)
        return submission
    }

    /// 0 to 1, always the same for a cluster.
    static func phase(of cluster: UUID) -> Double {
        let digest = SHA256Digest.hash(cluster.bytes)
        return Double(UInt16(digest[0]) << 8 | UInt16(digest[1])) / 65_536
    }
}
