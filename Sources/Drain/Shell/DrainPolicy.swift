/// What a voluntary drain may do.
public struct VoluntaryPolicy: Sendable, Hashable {
    /// How long until it is given up and rolled back.
    public var timeout: Duration
    /// How long each pod may take to stop, instead of its own time; at least a second is given.
    public var gracePeriod: Duration?
    /// Whether pods go that no controller will replace.
    public var movesUnreplicated: Bool
    /// Whether pods go that keep data in an `emptyDir`.
    public var deletesLocalStorage: Bool
    /// Whether opt-outs of pods and of the node are passed over.
    public var ignoresOptOuts: Bool
    /// How many evictions may be asked for at once.
    public var concurrency: Int
    /// The pace of everything; tests shorten it.
    public var pace: DrainPace

    /// Makes a policy; what is left out has the defaults shown, which refuse what `kubectl drain` refuses.
    public init(
        timeout: Duration = .seconds(600),
        gracePeriod: Duration? = nil,
        movesUnreplicated: Bool = false,
        deletesLocalStorage: Bool = false,
        ignoresOptOuts: Bool = false,
        concurrency: Int = 10,
        pace: DrainPace = DrainPace(callTimeout: .seconds(15))
    ) {
        self.timeout = timeout
        self.gracePeriod = gracePeriod
        self.movesUnreplicated = movesUnreplicated
        self.deletesLocalStorage = deletesLocalStorage
        self.ignoresOptOuts = ignoresOptOuts
        self.concurrency = concurrency
        self.pace = pace
    }

    /// Whether an objection to moving a pod holds.
    func upholds(_ objection: DrainBlocker) -> Bool {
        switch objection.kind {
        case .optOut: !ignoresOptOuts
        case .unreplicated, .orphaned: !movesUnreplicated
        case .localStorage: !deletesLocalStorage
        case .budget, .severalBudgets, .held, .refused, .unanswered, .hanging, .notReached: true
        }
    }
}

/// What a drain with a deadline may do.
public struct DeadlinePolicy: Sendable, Hashable {
    /// Whether pods whose budgets don't allow their eviction are deleted while there is time to stop.
    public var forces: Bool
    /// Whether critical pods are left to die with the node.
    public var leavesCritical: Bool
    /// Whether load balancers shall send no more to the node.
    public var excludesFromLoadBalancers: Bool
    /// How long before the deadline every pod shall have stopped.
    public var margin: Duration
    /// How long before the deadline the drain ends.
    public var stopMargin: Duration
    /// How many evictions may be asked for at once.
    public var concurrency: Int
    /// The pace of everything; tests shorten it.
    public var pace: DrainPace

    /// Makes a policy; what is left out has the defaults shown.
    public init(
        forces: Bool = true,
        leavesCritical: Bool = false,
        excludesFromLoadBalancers: Bool = true,
        margin: Duration = .seconds(8),
        stopMargin: Duration = .seconds(5),
        concurrency: Int = 10,
        pace: DrainPace = DrainPace()
    ) {
        self.forces = forces
        self.leavesCritical = leavesCritical
        self.excludesFromLoadBalancers = excludesFromLoadBalancers
        self.margin = margin
        self.stopMargin = stopMargin
        self.concurrency = concurrency
        self.pace = pace
    }
}

/// How fast a drain asks and looks.
public struct DrainPace: Sendable, Hashable {
    /// How often the node's pods are listed.
    public var listInterval: Duration
    /// How long one call may take.
    public var callTimeout: Duration
    /// The first and the longest pause before a pod that its budget holds is tried again.
    public var firstBackOff: Duration
    /// The longest pause.
    public var longestBackOff: Duration
    /// How long pods are looked for after the cordon, as the scheduler may just have bound some.
    public var settleTime: Duration
    /// How long after its time to stop a pod no longer counts.
    public var hangingAfter: Duration

    /// Makes a pace; what is left out has the defaults shown.
    public init(
        listInterval: Duration = .seconds(1),
        callTimeout: Duration = .seconds(5),
        firstBackOff: Duration = .seconds(1),
        longestBackOff: Duration = .seconds(10),
        settleTime: Duration = .seconds(3),
        hangingAfter: Duration = .seconds(60)
    ) {
        self.listInterval = listInterval
        self.callTimeout = callTimeout
        self.firstBackOff = firstBackOff
        self.longestBackOff = longestBackOff
        self.settleTime = settleTime
        self.hangingAfter = hangingAfter
    }
}
