import FoundationEssentials
import Logging
import Store

extension WorkerRuntime {
    /// Runs one claim to its end.
    ///
    /// - Parameters:
    ///   - lease: The claim.
    ///   - finished: Which jobs claimed with it have their outcome, if this one may; nil in it if nobody could tell.
    /// - Returns: What to record, and what becomes of the claim.
    func execute(_ lease: Lease, finished: Task<Set<UUID>?, Never>? = nil) async -> Completer.Completion {
        let clock = ContinuousClock()
        let started = clock.now
        guard !lease.isExpired else {
            return .init(
                attempt: attempt(lease, .timeout, .deadlineExpired, after: .zero, isTerminal: true),
                settlement: .done
            )
        }
        guard !lease.isCancelled else {
            return .init(
                attempt: attempt(lease, .cancelled, .cancelledBefore, after: .zero, isTerminal: true),
                settlement: .done
            )
        }
        if lease.mayHaveRun, let early = await earlierOutcome(of: lease, finished) { return early }
        guard let handler = handlers[lease.job.type] else {
            return .init(
                attempt: attempt(lease, .failed, .noHandler(lease.job.type), after: .zero, isTerminal: true),
                settlement: .done
            )
        }
        let trace = lease.job.traceparent.flatMap(TraceContext.init)?.child() ?? .fresh()
        TypeMetrics.started(lease)
        let context = JobContext(
            job: lease.job,
            attempt: lease.attemptsUsed + 1,
            fence: lease.fence,
            trace: trace,
            startedAt: lease.claimedAt,
            deadline: remaining(of: lease).map { started + $0 },
            logger: logger
        )
        let result: Result<JobReport, any Error>
        do {
            result = .success(try await handler.run(context))
        } catch {
            result = .failure(error)
        }
        let completion = completion(
            of: lease,
            result,
            running.returned(fence: lease.fence),
            after: clock.now - started
        )
        log(completion.attempt, of: context)
        return completion
    }

    /// Until the deadline, from the moment of the claim.
    func remaining(of lease: Lease) -> Duration? {
        lease.job.deadline.map { .seconds($0.timeIntervalSince(lease.claimedAt)) }
    }

    /// What the journal says of a job that may have run before; nil if it says nothing.
    private func earlierOutcome(
        of lease: Lease,
        _ together: Task<Set<UUID>?, Never>?
    ) async -> Completer.Completion? {
        var failures = 0
        let known = await together?.value
        while true {
            do {
                let finished: Set<UUID>
                if let known {
                    finished = known
                } else {
                    finished = try await journal.finished(among: [lease.job.id])
                }
                guard finished.contains(lease.job.id) else { return nil }
                return .init(
                    attempt: attempt(lease, .lost, nil, after: .zero, isTerminal: false),
                    settlement: .done,
                    isToBeRecorded: false
                )
            } catch {
                failures += 1
                guard failures < 10, !Task.isCancelled else {
                    return .init(
                        attempt: attempt(lease, .released, .journalAway, after: .zero, isTerminal: false),
                        settlement: .release
                    )
                }
                let policy = RetryPolicy(base: .milliseconds(100), cap: .seconds(2))
                // Cancellation is seen by the guard above.
                try? await Task.sleep(for: policy.delay(afterAttempt: failures, jitter: .random(in: 0...1)))
            }
        }
    }

    /// A handler that succeeds while it is being interrupted has succeeded; one that fails then was interrupted.
    private func completion(
        of lease: Lease,
        _ result: Result<JobReport, any Error>,
        _ interruption: RunningJobs.Interruption?,
        after duration: Duration
    ) -> Completer.Completion {
        let error: any Error
        switch result {
        case .success(let report):
            return .init(
                attempt: attempt(lease, .success, nil, after: duration, isTerminal: true, report: report),
                settlement: .done
            )
        case .failure(let thrown): error = thrown
        }
        let (status, failure, settlement): (AttemptRecord.Status, AttemptRecord.Failure, LiveIndex.Settlement)
        switch interruption {
        case nil: return failed(lease, error, after: duration)
        case .deadline: (status, failure, settlement) = (.timeout, .deadlineExceeded, .done)
        case .cancelled: (status, failure, settlement) = (.cancelled, .cancelledRunning, .done)
        case .draining: (status, failure, settlement) = (.released, .drained, .release)
        case .leaseLost: (status, failure, settlement) = (.lost, .leaseLost, .release)
        }
        let isTerminal = interruption == .deadline || interruption == .cancelled
        return .init(
            attempt: attempt(lease, status, failure, after: duration, isTerminal: isTerminal),
            settlement: settlement
        )
    }

    private func failed(_ lease: Lease, _ error: any Error, after duration: Duration) -> Completer.Completion
    {
        if let postponement = error as? JobPostponement {
            return .init(
                attempt: attempt(
                    lease,
                    .released,
                    .postponed(postponement),
                    after: duration,
                    isTerminal: false
                ),
                settlement: .postpone(for: postponement.duration)
            )
        }
        let failure = (error as? JobFailure) ?? Self.failure(for: error)
        let recorded = AttemptRecord.Failure(
            code: failure.code,
            message: failure.message,
            isRetryable: failure.isRetryable
        )
        let used = lease.attemptsUsed + 1
        let delay = configuration.retry.delay(afterAttempt: used, jitter: .random(in: 0...1))
        let fitsDeadline = remaining(of: lease).map { $0 > duration + delay } ?? true
        let isRetried = failure.isRetryable && used < lease.job.maxAttempts && fitsDeadline
        var record = attempt(
            lease,
            .failed,
            recorded,
            after: duration,
            isTerminal: !isRetried,
            report: failure.report
        )
        record.isDead = !isRetried
        return .init(attempt: record, settlement: isRetried ? .retry(after: delay) : .done)
    }

    /// An error that no handler meant: its description may hold anything, so only its type is told.
    private static func failure(for error: any Error) -> JobFailure {
        let isRetryable = (error as? any RetryableError)?.isRetryable ?? true
        let shown = error is any RetryableError ? "\(error)" : "\(type(of: error))"
        return JobFailure(code: "internal", message: "internal error: \(shown)", isRetryable: isRetryable)
    }

    private func attempt(
        _ lease: Lease,
        _ status: AttemptRecord.Status,
        _ failure: AttemptRecord.Failure?,
        after duration: Duration,
        isTerminal: Bool,
        report: JobReport? = nil
    ) -> AttemptRecord {
        var metadata: [UInt8]?
        if let report, report.metadata != .object([:]) {
            // A number JSON cannot write costs the metadata, not the outcome.
            metadata = try? report.metadata.withoutNUL.serialized()
        }
        return AttemptRecord(
            jobID: lease.job.id,
            fence: lease.fence,
            attempt: lease.isExpired || lease.isCancelled ? 0 : lease.attemptsUsed + 1,
            queue: lease.job.queue,
            workerID: id,
            startedAt: lease.claimedAt,
            duration: duration,
            status: status,
            isTerminal: isTerminal,
            failure: failure,
            logs: (report?.logs ?? []).joined(separator: "\n"),
            metadata: metadata,
            holdsDedupeKey: lease.job.dedupeKey != nil
        )
    }

    private func log(_ attempt: AttemptRecord, of context: JobContext) {
        guard logger.logLevel <= .info else { return }
        var metadata = context.logMetadata(reserving: 10)
        metadata["job.attempt"] = .string(String(attempt.attempt))
        metadata["job.status"] = .string(attempt.status.rawValue)
        metadata["job.duration_seconds"] = .string(attempt.duration.seconds.description)
        metadata["job.terminal"] = .string(attempt.isTerminal ? "true" : "false")
        if let failure = attempt.failure {
            metadata["error.code"] = "\(failure.code)"
            metadata["error"] = "\(failure.message)"
        }
        logger.info("job run ended", metadata: metadata)
    }
}

extension AttemptRecord.Failure {
    fileprivate static let deadlineExpired = Self(
        code: "deadline_expired",
        message: "the deadline passed before a worker was free",
        isRetryable: false
    )
    fileprivate static let deadlineExceeded = Self(
        code: "deadline_exceeded",
        message: "the deadline passed while it ran",
        isRetryable: false
    )
    fileprivate static let cancelledBefore = Self(
        code: "cancelled",
        message: "taken back before it ran",
        isRetryable: false
    )
    fileprivate static let cancelledRunning = Self(
        code: "cancelled",
        message: "taken back while it ran",
        isRetryable: false
    )
    fileprivate static let drained = Self(
        code: "worker_drained",
        message: "handed back by a worker that shut down",
        isRetryable: true
    )
    fileprivate static let leaseLost = Self(
        code: "lease_lost",
        message: "the worker lost its lease while it ran",
        isRetryable: true
    )
    fileprivate static let journalAway = Self(
        code: "journal_away",
        message: "handed back because the journal could not be asked",
        isRetryable: true
    )
    fileprivate static func postponed(_ postponement: JobPostponement) -> Self {
        Self(
            code: "postponed",
            message: "run again in \(postponement.duration): \(postponement.reason)",
            isRetryable: true
        )
    }
    fileprivate static func noHandler(_ type: String) -> Self {
        Self(code: "no_handler", message: "this worker has no handler for \(type)", isRetryable: false)
    }
}
