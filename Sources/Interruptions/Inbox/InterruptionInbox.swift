public import FoundationEssentials
public import Jobs
public import Store

/// Where interruptions come in, whoever brings them: each event is stored with its job in one transaction.
///
/// ## Guarantees
/// - An event that is told again, at any time, leads to nothing.
/// - After ``record(_:of:from:by:letters:at:)`` returned, the message may be deleted: nothing is lost by it.
public struct InterruptionInbox: Sendable {
    /// What came of one event.
    public struct Entry: Sendable, Equatable {
        /// Its id in the store.
        public let eventID: UUID
        /// The job that has it; nil if there is nothing to do.
        public let jobID: UUID?
        /// How far it has come.
        public let status: SpotEventRecord.Status
        /// Whether it was told for the first time.
        public let isNew: Bool
    }

    private let queue: JobQueue
    private let events: SpotEventStore
    private let letters: DeadLetterStore

    /// - Parameters:
    ///   - queue: The way in for jobs.
    ///   - events: Where events are kept.
    ///   - letters: Where messages are kept that could not be read.
    public init(queue: JobQueue, events: SpotEventStore, letters: DeadLetterStore) {
        self.queue = queue
        self.events = events
        self.letters = letters
    }

    /// Stores events with their jobs, and messages that could not be read.
    ///
    /// - Parameters:
    ///   - told: What AWS says.
    ///   - customer: Whose machines they are about.
    ///   - queueURL: The queue that brought them.
    ///   - submitter: Who brought them.
    ///   - unreadable: Messages that could not be read.
    ///   - now: The time.
    /// - Returns: What came of each, in order.
    /// - Throws: `PostgresError`; then nothing is stored, or it is not known whether it is.
    public func record(
        _ told: [InterruptionEvent],
        of customer: UUID,
        from queueURL: String? = nil,
        by submitter: String,
        letters unreadable: [DeadLetter] = [],
        at now: Date = Date()
    ) async throws -> [Entry] {
        guard !told.isEmpty || !unreadable.isEmpty else { return [] }
        return try await queue.transaction { transaction in
            let stops = try await stops(before: told, customer, in: transaction)
            let plans = told.map { event in
                InterruptionPlan(
                    event,
                    customer: customer,
                    after: stops[event.instanceID],
                    by: submitter,
                    at: now
                )
            }
            let records = try zip(told, plans).map { try NewSpotEvent($0, $1, from: queueURL) }
            try await letters.insert(unreadable, in: transaction.store)
            let accepted = try await events.insert(records, of: customer, in: transaction.store)
            var submissions: [(index: Int, submission: JobSubmission)] = []
            for (index, acceptance) in accepted.enumerated() {
                guard case .new(let cluster) = acceptance, var submission = plans[index].submission
                else { continue }
                submission.clusterID = submission.clusterID ?? cluster
                submissions.append((index, submission))
            }
            let verdicts = try await transaction.submit(submissions.map(\.submission), at: now)
            var entries = zip(records, accepted).map(Entry.init)
            for ((index, _), verdict) in zip(submissions, verdicts) {
                entries[index] = try await assign(verdict, to: records[index], in: transaction)
            }
            return entries
        }
    }

    /// The interruptions that stopped those of the machines which now run.
    private func stops(
        before told: [InterruptionEvent],
        _ customer: UUID,
        in transaction: JobTransaction
    ) async throws -> [String: SpotEventStore.Stop] {
        let started = told.filter { $0.kind == .stateChange(.running) }
        return try await events.stops(
            of: Dictionary(started.map { ($0.instanceID, $0.time) }, uniquingKeysWith: max),
            customer: customer,
            in: transaction.store
        )
    }

    private func assign(
        _ verdict: Result<AcceptanceVerdict, SubmissionError>,
        to record: NewSpotEvent,
        in transaction: JobTransaction
    ) async throws -> Entry {
        var (job, status, reason) = (UUID?.none, record.status, record.reason)
        switch verdict {
        case .success(let verdict): job = verdict.jobID
        case .failure(let error):
            // Kept all the same: it would be no better the next time.
            status = .failed
            reason = "no job could be made of it: \(error.field) \(error.message)"
        }
        try await events.assign(
            job,
            to: record.id,
            status: status,
            deadline: record.deadline,
            reason: reason,
            in: transaction.store
        )
        return Entry(eventID: record.id, jobID: job, status: status, isNew: true)
    }

    /// Makes a job of a stored event, unless it has one that has not ended.
    ///
    /// - Parameters:
    ///   - id: The event.
    ///   - submitter: Who asks.
    ///   - now: The time.
    /// - Returns: What came of it; `isNew` if there is a new job. nil if there is no such event.
    /// - Throws: `PostgresError`.
    public func processAgain(_ id: UUID, by submitter: String, at now: Date = Date()) async throws -> Entry? {
        try await queue.transaction { transaction in
            guard let record = try await events.lock(id, in: transaction.store),
                let customer = record.customerID
            else { return nil }
            let known = Entry(
                eventID: id,
                jobID: record.jobID,
                status: record.status,
                isNew: false
            )
            guard record.jobID == nil || record.processedAt != nil, let event = InterruptionEvent(record)
            else { return known }
            let stops = try await stops(before: [event], customer, in: transaction)
            let plan = InterruptionPlan(
                event,
                customer: customer,
                after: stops[event.instanceID],
                by: submitter,
                at: now
            )
            guard var submission = plan.submission else { return known }
            submission.clusterID = submission.clusterID ?? record.clusterID
            let verdicts = try await transaction.submit([submission], at: now)
            guard let verdict = verdicts.first else { return known }
            var new = try NewSpotEvent(event, plan, from: record.queueURL)
            new.id = id
            return try await assign(verdict, to: new, in: transaction)
        }
    }
}

extension InterruptionInbox.Entry {
    fileprivate init(_ record: NewSpotEvent, _ acceptance: SpotEventAcceptance) {
        switch acceptance {
        case .new:
            self.init(eventID: record.id, jobID: nil, status: record.status, isNew: true)
        case .known(let known):
            self.init(eventID: known.id, jobID: known.jobID, status: known.status, isNew: false)
        }
    }
}
