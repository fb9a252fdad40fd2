public import FoundationEssentials

/// One run of a job, or the verdict that it will not run.
public struct AttemptRecord: Sendable, Equatable {
    /// How a run ended.
    ///
    /// The first four are the words of TaskResult.
    public enum Status: String, Sendable, CaseIterable {
        /// It did what it should.
        case success
        /// It could not.
        case failed
        /// Its deadline passed.
        case timeout
        /// Somebody took it back.
        case cancelled
        /// Its worker died; not terminal, no attempt used up.
        case lost
        /// Its worker handed it back while shutting down; not terminal, no attempt used up.
        case released
    }

    /// Why a run did not succeed.
    public struct Failure: Sendable, Equatable {
        /// Stable, lower-case, for programs.
        public var code: String
        /// For people; without secrets.
        public var message: String
        /// Whether trying again may help.
        public var isRetryable: Bool

        /// Makes a failure; the message is cut to 2,000 characters.
        public init(code: String, message: String, isRetryable: Bool) {
            self.code = code
            self.message = String(message.withoutNUL.prefix(2000))
            self.isRetryable = isRetryable
        }
    }

    /// The job.
    public var jobID: UUID
    /// The claim's fencing token; 0 for a verdict without a claim.
    public var fence: Int64
    /// 1 for the first run; 0 if it never ran.
    public var attempt: Int
    /// The job's queue.
    public var queue: String
    /// Who ran it.
    public var workerID: String?
    /// When it started, by Redis's clock.
    public var startedAt: Date
    /// How long it ran.
    public var duration: Duration
    /// How it ended.
    public var status: Status
    /// Whether this is the job's outcome.
    public var isTerminal: Bool
    /// Whether the job is dead: failed for good with nothing left to try.
    public var isDead: Bool
    /// What went wrong.
    public var failure: Failure?
    /// Lines for people, cut to 16 KiB.
    public var logs: String
    /// What the handler found, a JSON object.
    public var metadata: [UInt8]?
    /// Whether the job holds a dedupe key that its outcome frees.
    public var holdsDedupeKey: Bool

    /// Makes a record from all of its fields.
    public init(
        jobID: UUID,
        fence: Int64,
        attempt: Int,
        queue: String,
        workerID: String?,
        startedAt: Date,
        duration: Duration,
        status: Status,
        isTerminal: Bool,
        isDead: Bool = false,
        failure: Failure? = nil,
        logs: String = "",
        metadata: [UInt8]? = nil,
        holdsDedupeKey: Bool = false
    ) {
        self.jobID = jobID
        self.fence = fence
        self.attempt = attempt
        self.queue = queue
        self.workerID = workerID
        self.startedAt = startedAt
        self.duration = duration
        self.status = status
        self.isTerminal = isTerminal
        self.isDead = isDead
        self.failure = failure
        self.logs = logs.withoutNUL.cut(toBytes: 16_384)
        self.metadata = metadata
        self.holdsDedupeKey = holdsDedupeKey
    }

    /// When it ended.
    public var finishedAt: Date { startedAt.addingTimeInterval(duration.seconds) }
}

/// What the journal did with one attempt.
public enum AttemptVerdict: Sendable, Equatable {
    /// It is committed (now, or by an earlier try of the same write).
    case recorded
    /// The claim's one row says something else: nothing was written.
    case claimSettled(AttemptRecord.Status, isTerminal: Bool)
    /// The job has its outcome from another claim: nothing was written.
    case alreadyFinished
    /// The claim is of an epoch that is over: nothing was written.
    case outdated
}

extension Duration {
    /// The duration in seconds.
    public var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
