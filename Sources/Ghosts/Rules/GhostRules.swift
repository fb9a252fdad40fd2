/// The numbers of the rules.
public struct GhostRules: Sendable, Hashable {
    /// A machine younger than this may still become a node.
    public var minimumAge: Duration
    /// Two scans this far apart must have seen a ghost before it is flagged.
    public var spacing: Duration
    /// Between two scans farther apart than this nobody knows what happened: the time does not count.
    public var longestGap: Duration
    /// How long a flagged ghost must have been seen absent before it is terminated.
    public var grace: Duration
    /// A machine that was a node less than this ago is left alone.
    public var nodeMemory: Duration
    /// How many ghosts one scan may have terminated.
    public var perRun: Int
    /// How many of a customer's ghosts may be terminated in 24 hours.
    public var perDay: Int
    /// The part of a cluster's machines that may be ghosts at once.
    public var share: Double
    /// So many may be ghosts at once, however few machines there are.
    public var shareFloor: Int
    /// By how much clocks may differ.
    public var skew: Duration
    /// How old lists may be when they are acted on.
    public var freshness: Duration

    /// Makes rules; what is left out has the values shown.
    public init(
        minimumAge: Duration = .seconds(1800),
        spacing: Duration = .seconds(3600),
        longestGap: Duration = .seconds(2 * 6 * 3600),
        grace: Duration = .seconds(24 * 3600),
        nodeMemory: Duration = .seconds(3600),
        perRun: Int = 5,
        perDay: Int = 10,
        share: Double = 0.2,
        shareFloor: Int = 2,
        skew: Duration = .seconds(60),
        freshness: Duration = .seconds(600)
    ) {
        self.minimumAge = minimumAge
        self.spacing = spacing
        self.longestGap = longestGap
        self.grace = grace
        self.nodeMemory = nodeMemory
        self.perRun = perRun
        self.perDay = perDay
        self.share = share
        self.shareFloor = shareFloor
        self.skew = skew
        self.freshness = freshness
    }

    /// How many of so many machines may be ghosts at once.
    public func believable(of owned: Int) -> Int { max(shareFloor, Int(share * Double(owned))) }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}
