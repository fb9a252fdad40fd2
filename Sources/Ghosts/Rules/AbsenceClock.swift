public import FoundationEssentials

/// For how long something has been seen absent: only time between two scans that both saw it counts.
public struct AbsenceClock: Hashable, Sendable, Codable {
    /// When a scan first saw it.
    public var firstSeenAt: Date
    /// When a scan last saw it.
    public var lastSeenAt: Date
    /// How many scans saw it.
    public var scans: Int
    /// Seconds that count, before it was flagged.
    public var observed: Double
    /// When it was flagged.
    public var flaggedAt: Date?
    /// Seconds that count, since it was flagged.
    public var graceObserved: Double

    /// Starts with a first sight.
    public init(at now: Date) {
        firstSeenAt = now
        lastSeenAt = now
        scans = 1
        observed = 0
        flaggedAt = nil
        graceObserved = 0
    }

    /// Makes a clock as it was kept.
    public init(
        firstSeenAt: Date,
        lastSeenAt: Date,
        scans: Int,
        observed: Double,
        flaggedAt: Date?,
        graceObserved: Double
    ) {
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
        self.scans = scans
        self.observed = observed
        self.flaggedAt = flaggedAt
        self.graceObserved = graceObserved
    }

    /// Counts another sight.
    ///
    /// - Parameters:
    ///   - now: When.
    ///   - rules: How long a gap may be.
    /// - Returns: Whether it was flagged by this.
    @discardableResult
    public mutating func seen(at now: Date, _ rules: GhostRules) -> Bool {
        let gap = now.timeIntervalSince(lastSeenAt)
        guard gap >= 0 else { return false }
        lastSeenAt = now
        scans += 1
        let counted = gap <= rules.longestGap.inSeconds ? gap : 0
        if flaggedAt != nil {
            graceObserved += counted
            return false
        }
        observed += counted
        guard scans >= 2, observed >= rules.spacing.inSeconds, now > firstSeenAt else { return false }
        flaggedAt = now
        return true
    }

    /// Whether the grace is over by what scans saw.
    public func isDue(_ rules: GhostRules) -> Bool {
        flaggedAt != nil && graceObserved >= rules.grace.inSeconds
    }

    /// When the grace ends if scans go on seeing it; nil before it is flagged.
    public func dueAt(_ rules: GhostRules) -> Date? {
        guard flaggedAt != nil else { return nil }
        return lastSeenAt.addingTimeInterval(max(0, rules.grace.inSeconds - graceObserved))
    }
}
