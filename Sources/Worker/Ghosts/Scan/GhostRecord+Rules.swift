import FoundationEssentials
import Ghosts
import Store

extension GhostRecord {
    /// The ghost as the rules see it.
    ///
    /// - Throws: `JSONError` if its tags cannot be read, which must stop whatever is decided about it.
    func sighting() throws -> Sighting {
        let status: Sighting.Status =
            switch self.status {
            case .detected: .detected
            case .flagged: .flagged
            case .terminating: .terminating
            // Those that are closed are not looked at; should one be, nothing is done about it.
            case .kept, .unflagged, .terminated: .kept
            }
        return Sighting(
            id: id,
            instanceID: instanceID,
            status: status,
            clock: AbsenceClock(
                firstSeenAt: firstSeenAt,
                lastSeenAt: lastSeenAt,
                scans: scansSeen,
                observed: observedSeconds,
                flaggedAt: flaggedAt,
                graceObserved: graceSeconds
            ),
            launchedAt: launchedAt,
            tags: try Self.tags(tags),
            isKeptByCall: self.status == .kept && keptBy != Self.keptByTag,
            isGraceWaived: waivedBy != nil
        )
    }

    mutating func take(_ clock: AbsenceClock, _ rules: GhostRules) {
        firstSeenAt = clock.firstSeenAt
        lastSeenAt = clock.lastSeenAt
        scansSeen = clock.scans
        observedSeconds = clock.observed
        graceSeconds = clock.graceObserved
        flaggedAt = clock.flaggedAt
        dueAt = clock.dueAt(rules)
    }

    static func json(_ tags: [String: String]) throws -> [UInt8] {
        try JSONValue.object(tags.mapValues(JSONValue.string)).withoutNUL.serialized()
    }

    private static func tags(_ bytes: [UInt8]) throws -> [String: String] {
        var tags: [String: String] = [:]
        for (key, value) in try JSONValue(parsing: bytes).members ?? [:] {
            guard case .string(let text) = value else { continue }
            tags[key] = text
        }
        return tags
    }
}
