public import FoundationEssentials
public import Postgres

/// What the clock knows of one schedule.
public struct ScheduleRecord: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// The type of the jobs it makes.
    public var jobType: String
    /// The interval in seconds.
    public var everySeconds: Int
    /// Whether an operator stopped it.
    public var isPaused: Bool
    /// The last tick it made jobs for.
    public var lastTick: Date?
}

/// The schedules.
public struct ScheduleStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Makes a schedule known, or takes over a changed interval.
    ///
    /// - Returns: The schedule as it is kept, with its pause and last tick.
    public func declare(name: String, jobType: String, everySeconds: Int) async throws -> ScheduleRecord {
        let rows = try await pool.query(
            """
            INSERT INTO schedules AS held (name, job_type, every_seconds)
            VALUES (\(name), \(jobType), \(everySeconds)::int)
            ON CONFLICT (name) DO UPDATE SET
                job_type = excluded.job_type, every_seconds = excluded.every_seconds, updated_at = now()
            RETURNING *
            """
        )
        guard let row = rows.first else { throw ScheduleStoreError.vanished }
        return try Self.schedule(row)
    }

    /// Notes the last tick jobs were made for; never goes back.
    public func ticked(_ name: String, at tick: Date) async throws {
        _ = try await pool.execute(
            """
            UPDATE schedules SET last_tick = \(tick), updated_at = now()
            WHERE name = \(name) AND (last_tick IS NULL OR last_tick < \(tick))
            """
        )
    }

    /// Lists all schedules by name.
    public func list() async throws -> [ScheduleRecord] {
        try await pool.query("SELECT * FROM schedules ORDER BY name").map(Self.schedule)
    }

    private static func schedule(_ row: PostgresRow) throws -> ScheduleRecord {
        ScheduleRecord(
            name: try row.decode("name"),
            jobType: try row.decode("job_type"),
            everySeconds: Int(try row.decode("every_seconds", as: Int32.self)),
            isPaused: try row.decode("paused"),
            lastTick: try row.decode("last_tick")
        )
    }
}

/// A schedule could not be kept.
public enum ScheduleStoreError: Error {
    /// It was removed while it was declared.
    case vanished
}
