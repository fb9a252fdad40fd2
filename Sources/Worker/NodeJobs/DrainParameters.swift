import Drain

/// The parameters of `drain-node`.
struct DrainParameters: Decodable {
    let nodeName: String
    let timeoutSeconds: Int?
    let gracePeriodSeconds: Int?
    let forceUnreplicated: Bool?
    let deleteLocalStorage: Bool?
    let ignoreOptOuts: Bool?

    enum CodingKeys: String, CodingKey {
        case nodeName = "node_name"
        case timeoutSeconds = "timeout_seconds"
        case gracePeriodSeconds = "grace_period_seconds"
        case forceUnreplicated = "force_unreplicated"
        case deleteLocalStorage = "delete_local_storage"
        case ignoreOptOuts = "ignore_opt_outs"
    }

    /// What the drain may do.
    ///
    /// - Parameters:
    ///   - elapsed: Since the drain began, by whichever worker.
    ///   - remaining: Until the job's deadline; nil if it has none.
    /// - Returns: The policy, whose timeout counts from the drain's begin and leaves time to give the node back.
    func policy(elapsed: Duration, remaining: Duration?) -> VoluntaryPolicy {
        var policy = VoluntaryPolicy(
            gracePeriod: gracePeriodSeconds.map { .seconds($0) },
            movesUnreplicated: forceUnreplicated ?? false,
            deletesLocalStorage: deleteLocalStorage ?? false,
            ignoresOptOuts: ignoreOptOuts ?? false
        )
        if let timeoutSeconds { policy.timeout = .seconds(timeoutSeconds) }
        if let remaining {
            policy.timeout = min(policy.timeout, elapsed + remaining - Self.rollBackTime(of: remaining))
        }
        return policy
    }

    /// Kept for giving the node back: 15 seconds, or a quarter of a short time.
    static func rollBackTime(of remaining: Duration) -> Duration { min(.seconds(15), remaining / 4) }
}
