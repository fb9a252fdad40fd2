public import FoundationEssentials
public import Store

extension JobQueue {
    /// A job with its runs and where it is now.
    public struct View: Sendable {
        /// The job and its runs.
        public var entry: JobJournal.Entry
        /// Where it is.
        public var state: JobState
        /// The number of the run it is in, or of the last one; 0 before the first.
        public var attempt: Int
    }

    /// Finds a job.
    ///
    /// - Returns: nil if there is none with this id.
    public func view(_ id: UUID) async throws -> View? {
        guard let entry = try await journal.entry(id) else { return nil }
        return try await views(of: [entry]).first
    }

    /// A job that was accepted just now: delayed if its time is ahead, else ready.
    ///
    /// Redis is not asked. What is said was true when the job was accepted; by now it may wait for the holder of its
    /// key, run, or have its outcome, as it may by the time that any answer arrives.
    public func view(accepted job: JobRecord) -> View {
        Self.view(.init(job: job, attempts: []), place: .absent)
    }

    /// Adds to journal entries where their jobs are now.
    ///
    /// When Redis cannot be asked, unfinished jobs are shown as ready: the dispatcher will make them so.
    public func views(of entries: [JobJournal.Entry]) async throws -> [View] {
        let open = entries.filter { $0.outcome == nil }
        let places: [LiveIndex.Place]
        do {
            places = try await index.places(of: open.map { (queue: $0.job.queue, id: $0.job.id) })
        } catch let error as any RetryableError where error.isRetryable {
            places = open.map { _ in .absent }
        }
        let placeOf = Dictionary(zip(open.map(\.job.id), places), uniquingKeysWith: { first, _ in first })
        return entries.map { entry in
            Self.view(entry, place: placeOf[entry.job.id] ?? .absent)
        }
    }

    static func view(_ entry: JobJournal.Entry, place: LiveIndex.Place) -> View {
        let lastRun = entry.attempts.map(\.attempt).max() ?? 0
        if let outcome = entry.outcome {
            return View(
                entry: entry,
                state: JobState(rawValue: outcome.status.rawValue) ?? .failed,
                attempt: lastRun
            )
        }
        switch place {
        case .running(_, _, let used): return View(entry: entry, state: .running, attempt: used + 1)
        case .delayed(_, let used):
            return View(entry: entry, state: used > 0 ? .retrying : .delayed, attempt: max(lastRun, used))
        case .blocked: return View(entry: entry, state: .blocked, attempt: lastRun)
        case .ready: return View(entry: entry, state: .ready, attempt: lastRun)
        case .absent:
            let isDelayed = entry.job.runAt > Date()
            return View(entry: entry, state: isDelayed ? .delayed : .ready, attempt: lastRun)
        }
    }
}
