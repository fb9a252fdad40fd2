import Redis

/// Every Redis key of a fleet, but for those of a queue, which the scripts build (`Scripts/prelude.lua`).
///
/// All begin with one hash tag, so that a script may touch any of them on a Redis Cluster as well.
struct RedisKey: Sendable {
    let namespace: String

    /// - Parameter fleet: The fleet's name; fleets on one Redis do not see each other.
    init(fleet: String) {
        namespace = "{\(fleet)}:"
    }

    /// The epoch the index was built in.
    var epoch: String { namespace + "epoch" }
    /// The last fencing token.
    var fence: String { namespace + "fence" }
    /// The epoch whose reload from the journal is complete.
    var loaded: String { namespace + "loaded" }
    /// The jobs to be taken back wherever they turn up.
    var cancelled: String { namespace + "cancelled" }
    /// The live jobs of a queue.
    func jobs(_ queue: String) -> String { namespace + "q:" + queue + ":jobs" }
    /// The names of the queues that ever held a job.
    var queues: String { namespace + "queues" }
    /// Workers by the time of their last beat.
    var workers: String { namespace + "workers" }
    /// What a worker says of itself.
    func worker(_ id: String) -> String { namespace + "worker:" + id }
    /// What idle workers of a queue wait on.
    func wake(_ queue: String) -> String { namespace + "q:" + queue + ":wake" }
    /// Whether a queue is paused, and how many of its jobs are blocked.
    func meta(_ queue: String) -> String { namespace + "q:" + queue + ":meta" }
}
