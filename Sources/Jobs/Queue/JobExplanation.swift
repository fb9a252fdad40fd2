public import FoundationEssentials
import Store

/// Why a job does not run.
public struct JobExplanation: Sendable, Equatable {
    /// One thing that stands between the job and its start.
    public struct Reason: Sendable, Equatable {
        /// Stable, lower-case, for programs.
        public var code: String
        /// For people.
        public var message: String
    }

    /// Where the job is.
    public var state: JobState
    /// Jobs that come first as things stand; nil if it is not ready.
    ///
    /// Running jobs of its cluster may put more before it.
    public var ahead: Int?
    /// The job that holds its exclusive key.
    public var keyHolder: UUID?
    /// When it may start.
    public var due: Date?
    /// The obstacles, the first to be overcome first.
    public var reasons: [Reason]
}

extension JobQueue {
    /// Tells why a job does not run.
    ///
    /// - Returns: nil if there is none with this id.
    /// - Throws: `PostgresError` or `RedisError` if one of them cannot be asked.
    public func explain(_ id: UUID) async throws -> JobExplanation? {
        guard let view = try await view(id) else { return nil }
        let job = view.entry.job
        guard !view.state.isTerminal else {
            return JobExplanation(
                state: view.state,
                reasons: [.init(code: "finished", message: "it is finished")]
            )
        }
        let obstacles = try await index.obstacles(of: id, queue: job.queue)
        let workers = try await index.workers().filter { $0.queues.contains(job.queue) && !$0.isDraining }
        return JobExplanation.make(
            state: view.state,
            queue: job.queue,
            obstacles: obstacles,
            freeSlots: workers.isEmpty
                ? nil : workers.map { max(0, $0.slots - $0.running.count) }.reduce(0, +)
        )
    }
}

extension JobExplanation {
    // `freeSlots` are those of all workers of the queue; nil if there is none.
    static func make(
        state: JobState,
        queue: String,
        obstacles: LiveIndex.Obstacles,
        freeSlots: Int?
    ) -> JobExplanation {
        var explanation = JobExplanation(state: state, reasons: [])
        func add(_ code: String, _ message: String) {
            explanation.reasons.append(Reason(code: code, message: message))
        }
        if obstacles.isToBeCancelled { add("cancelling", "it is being taken back") }
        switch obstacles.place {
        case "absent":
            add("not_indexed", "Redis does not hold it yet; a scheduler brings it within seconds")
        case "running": add("running", "it runs")
        case "delayed":
            explanation.due = obstacles.due
            let why = state == .retrying ? "it failed and is tried again" : "it may not start"
            add(state == .retrying ? "retrying" : "delayed", "\(why) before its time")
        case "blocked":
            explanation.keyHolder = obstacles.keyHolder
            add("blocked", "another job runs under its exclusive key")
        default:
            explanation.ahead = obstacles.aheadInGroup + obstacles.aheadInOthers
            if explanation.ahead ?? 0 > 0 { add("behind", "jobs of a better place come first") }
            if obstacles.runningInGroup > 0 {
                add(
                    "fair_share",
                    "its cluster runs \(obstacles.runningInGroup) jobs already, and yields to others"
                )
            }
        }
        if obstacles.isPaused { add("paused", "the queue \(queue) is paused") }
        switch freeSlots {
        case nil: add("no_worker", "no live worker serves the queue \(queue)")
        case 0?: add("no_free_slot", "every slot of the queue's workers is busy")
        default: break
        }
        return explanation
    }
}
