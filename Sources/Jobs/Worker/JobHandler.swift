public import FoundationEssentials
public import Logging
public import Store

/// The work of one job type.
///
/// It may run again after a crash, so whatever it does outside must be safe to repeat; the context's fencing token
/// makes effects idempotent. It must notice cancellation: its deadline, a lost lease and a shutdown come that way.
public protocol JobHandler: Sendable {
    /// Runs one job.
    ///
    /// - Returns: What it found and did.
    /// - Throws: ``JobFailure`` to say why not; ``JobPostponement`` to be run again later; any other error is an internal one
    ///   and is tried again.
    func run(_ context: JobContext) async throws -> JobReport
}

/// What a handler knows of the job it runs.
public struct JobContext: Sendable {
    /// The job.
    public let job: JobRecord
    /// 1 for the first run.
    public let attempt: Int
    /// Greater than that of any earlier claim of any job.
    public let fence: Int64
    /// The span of this run, in the trace of the request that submitted the job.
    public let trace: TraceContext
    /// When it was claimed, by Redis's clock: this machine's may be wrong.
    public let startedAt: Date
    /// When it will be cancelled, by this process's own clock.
    public let deadline: ContinuousClock.Instant?
    private let workerLogger: Logger

    /// Makes a context, for handlers that are run without a queue.
    public init(
        job: JobRecord,
        attempt: Int,
        fence: Int64,
        trace: TraceContext = .fresh(),
        startedAt: Date = Date(),
        deadline: ContinuousClock.Instant?,
        logger: Logger
    ) {
        self.job = job
        self.attempt = attempt
        self.fence = fence
        self.trace = trace
        self.startedAt = startedAt
        self.deadline = deadline
        workerLogger = logger
    }

    /// Carries the ids of job and trace, and the type.
    public var logger: Logger {
        // Made when it is wanted: most runs log no more than their outcome.
        var logger = workerLogger
        for (key, value) in logMetadata(reserving: 4) { logger[metadataKey: key] = value }
        return logger
    }

    /// What each line about this run carries.
    func logMetadata(reserving capacity: Int) -> Logger.Metadata {
        var metadata = Logger.Metadata(minimumCapacity: capacity)
        metadata["job.id"] = .string(job.id.text)
        metadata["job.type"] = .string(job.type)
        metadata["trace_id"] = .string(trace.traceID)
        metadata["span_id"] = .string(trace.spanID)
        return metadata
    }

    /// Reads the parameters, which were checked at submission.
    public func parameters<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(job.parameters))
    }

    /// The parameters by name, for handlers that run so often that a decoder would be felt.
    ///
    /// - Throws: `JSONError` if they are no JSON, which the journal does not take.
    public func parameters() throws(JSONError) -> [String: JSONValue] {
        guard job.parameters != Self.noParameters else { return [:] }
        return try JSONValue(parsing: job.parameters).members ?? [:]
    }

    private static let noParameters = Array("{}".utf8)
}

/// What a run found and did.
public struct JobReport: Sendable {
    /// Lines for people.
    public var logs: [String]
    /// Data for programs.
    public var metadata: JSONValue

    /// Makes a report.
    public init(logs: [String] = [], metadata: JSONValue = .object([:])) {
        self.logs = logs
        self.metadata = metadata
    }
}

/// Why a run did not do what it should.
public struct JobFailure: Error, Sendable {
    /// Stable, lower-case, for programs.
    public var code: String
    /// For people; without secrets.
    public var message: String
    /// Whether trying again may help.
    public var isRetryable: Bool
    /// What it found before it failed.
    public var report: JobReport

    /// Makes a failure.
    public init(code: String, message: String, isRetryable: Bool, report: JobReport = JobReport()) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable
        self.report = report
    }
}

/// What a handler throws that waits for something outside, and should hold no slot meanwhile: it is run again, from its
/// beginning and with no attempt used up.
///
/// What it must know then, it records as steps before. It is not for what went wrong: postponements are not counted.
public struct JobPostponement: Error, Sendable {
    /// Until it is run again.
    public var duration: Duration
    /// What is waited for, for people.
    public var reason: String

    /// Makes one.
    public init(for duration: Duration, _ reason: String) {
        self.duration = duration
        self.reason = reason
    }
}
