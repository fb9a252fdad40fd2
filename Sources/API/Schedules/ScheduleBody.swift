import FoundationEssentials
import Jobs
import Store

/// A schedule as clients send it.
struct NewSchedule: StrictBody {
    let name: String
    let type: String
    let everySeconds: WholeNumber?
    let cron: String?
    let timeZone: String?
    let missed: String?
    let maxCatchUp: WholeNumber?
    let jitterSeconds: Double?
    let parameters: [String: JSONValue]?
    let perCluster: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, type, everySeconds, cron, timeZone, missed, maxCatchUp, jitterSeconds, parameters,
            perCluster
    }

    /// What it says, with the defaults of what it does not.
    ///
    /// - Throws: ``APIError`` naming the field that is wrong.
    func definition() throws -> ScheduleDefinition {
        guard (everySeconds == nil) != (cron == nil) else {
            throw APIError.invalid("every_seconds", "or cron must be given, and not both")
        }
        let words = ScheduleDefinition.MissedTicks.allCases.map(\.rawValue)
        guard let missed = ScheduleDefinition.MissedTicks(rawValue: missed ?? "latest") else {
            throw APIError.invalid("missed", "is not a policy for missed ticks", valid: words)
        }
        guard missed == .all || maxCatchUp == nil else {
            throw APIError.invalid("max_catch_up", "goes with missed: all only")
        }
        return ScheduleDefinition(
            name: name,
            jobType: type,
            everySeconds: everySeconds?.value,
            cron: cron,
            timeZone: timeZone ?? "UTC",
            missed: missed,
            maximumCatchUp: maxCatchUp?.value ?? (missed == .all ? 60 : 1),
            jitter: .seconds(min(max(jitterSeconds ?? 0, -1), 1e9)),
            parameters: try JSONValue.object(parameters ?? [:]).serialized(),
            isPerCluster: perCluster ?? Schedule.needsCluster(type)
        )
    }
}

/// A schedule as clients see it.
struct ScheduleBody: Encodable {
    let name: String
    let type: String
    @Nullable var everySeconds: Int?
    @Nullable var cron: String?
    let timeZone: String
    let missed: String
    @Nullable var maxCatchUp: Int?
    let jitterSeconds: Double
    let parameters: JSONValue
    let perCluster: Bool
    let builtIn: Bool
    let paused: Bool
    /// The last tick whose jobs are made: it may be a little ahead.
    @Nullable var lastTick: Date?
    /// nil if it is paused, or cannot be followed on this machine.
    @Nullable var nextTick: Date?

    init(_ record: ScheduleRecord, at now: Date) throws {
        let definition = record.definition
        name = definition.name
        type = definition.jobType
        everySeconds = definition.everySeconds
        cron = definition.cron
        timeZone = definition.timeZone
        missed = definition.missed.rawValue
        maxCatchUp = definition.missed == .all ? definition.maximumCatchUp : nil
        jitterSeconds = definition.jitter.seconds
        parameters = try JSONValue(parsing: definition.parameters)
        perCluster = definition.isPerCluster
        builtIn = definition.isBuiltIn
        paused = record.isPaused
        lastTick = record.lastTick
        nextTick = record.isPaused ? nil : try? Schedule(definition).nextTick(after: now)
    }
}

/// The scheduler that ticks.
struct LeaderBody: Encodable {
    let holder: String
    let term: Int64
    let since: Date
    let expiresAt: Date

    init(_ record: LeadershipRecord) {
        holder = record.holder
        term = record.term
        since = record.acquiredAt
        expiresAt = record.expiresAt
    }
}
