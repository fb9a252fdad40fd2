public import FoundationEssentials
public import Postgres

/// The schedules.
public struct ScheduleStore: Sendable {
    /// How many schedules operators may make.
    public static let limit = 500

    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    // MARK: - What there is

    /// Makes a schedule of the program known, or takes over a changed one; its pause and ticks stay.
    public func declare(_ definition: ScheduleDefinition) async throws {
        _ = try await pool.execute(
            """
            INSERT INTO schedules AS held (\(unescaped: Self.columns))
            VALUES (\(fragment: Self.values(definition)))
            ON CONFLICT (name) DO UPDATE SET
                (\(unescaped: Self.columns), updated_at) = (\(fragment: Self.values(definition)), now())
            """
        )
    }

    /// Adds a schedule of an operator; its first tick is the next one.
    ///
    /// - Throws: ``ScheduleStoreError``; `PostgresError`.
    public func add(_ definition: ScheduleDefinition) async throws {
        let count: Int
        do {
            count = try await pool.execute(
                """
                INSERT INTO schedules (\(unescaped: Self.columns), ticks_after)
                SELECT \(fragment: Self.values(definition)), now()
                WHERE (SELECT count(*) FROM schedules WHERE NOT built_in) < \(Self.limit)
                """
            )
        } catch {
            throw (error as PostgresError).constraint == "schedules_pkey"
                ? ScheduleStoreError.nameTaken : error
        }
        guard count > 0 else { throw ScheduleStoreError.tooMany }
    }

    /// Removes a schedule of an operator; what it made stays.
    ///
    /// - Returns: False if there is none.
    /// - Throws: ``ScheduleStoreError/builtIn``; `PostgresError`.
    public func remove(_ name: String) async throws -> Bool {
        let count = try await pool.execute("DELETE FROM schedules WHERE name = \(name) AND NOT built_in")
        guard count == 0 else { return true }
        guard try await find(name) == nil else { throw ScheduleStoreError.builtIn }
        return false
    }

    /// Stops a schedule, or lets it go on: with its next tick, for what passed meanwhile was not missed.
    ///
    /// - Returns: The schedule as it is now; nil if there is none.
    public func pause(_ name: String, _ isPaused: Bool) async throws -> ScheduleRecord? {
        let rows = try await pool.query(
            """
            UPDATE schedules SET paused = \(isPaused), updated_at = now(),
                ticks_after = CASE WHEN paused AND NOT \(isPaused) THEN now() ELSE ticks_after END
            WHERE name = \(name) RETURNING *
            """
        )
        return try rows.first.map(Self.schedule)
    }

    // MARK: - Ticks

    /// Notes the last tick all jobs were made for; never goes back.
    public func ticked(_ name: String, at tick: Date) async throws {
        _ = try await pool.execute(
            """
            UPDATE schedules SET last_tick = \(tick), updated_at = now()
            WHERE name = \(name) AND (last_tick IS NULL OR last_tick < \(tick))
            """
        )
    }

    /// All schedules by name, with PostgreSQL's time.
    public func board() async throws -> (now: Date, schedules: [ScheduleRecord]) {
        let rows = try await pool.query(
            """
            SELECT clock.now, s.* FROM (SELECT clock_timestamp() AS now) AS clock
            LEFT JOIN schedules s ON true ORDER BY s.name
            """
        )
        guard let first = rows.first else { throw ScheduleStoreError.noTime }
        let schedules = try rows.compactMap { row in
            try row.decode("name", as: String?.self) == nil ? nil : try Self.schedule(row)
        }
        return (now: try first.decode("now"), schedules: schedules)
    }

    /// Lists all schedules by name.
    public func list() async throws -> [ScheduleRecord] {
        try await pool.query("SELECT * FROM schedules ORDER BY name").map(Self.schedule)
    }

    /// Finds one schedule.
    public func find(_ name: String) async throws -> ScheduleRecord? {
        try await pool.query("SELECT * FROM schedules WHERE name = \(name)").first.map(Self.schedule)
    }

    // MARK: - Rows

    private static let columns: StaticString = """
        name, job_type, every_seconds, cron, time_zone, missed, max_catch_up, delay_seconds, jitter_seconds, \
        parameters, per_cluster, built_in
        """

    private static func values(_ definition: ScheduleDefinition) -> SQL {
        """
        \(definition.name), \(definition.jobType), \(definition.everySeconds.map { Int32($0) })::int,
        \(definition.cron)::text, \(definition.timeZone), \(definition.missed.rawValue),
        \(definition.maximumCatchUp)::int, \(definition.delay.seconds)::double precision,
        \(definition.jitter.seconds)::double precision, \(PostgresJSON(bytes: definition.parameters))::jsonb,
        \(definition.isPerCluster), \(definition.isBuiltIn)
        """
    }

    private static func schedule(_ row: PostgresRow) throws -> ScheduleRecord {
        let definition = ScheduleDefinition(
            name: try row.decode("name"),
            jobType: try row.decode("job_type"),
            everySeconds: try row.decode("every_seconds", as: Int32?.self).map(Int.init),
            cron: try row.decode("cron"),
            timeZone: try row.decode("time_zone"),
            // The table's check allows only the words of the enum.
            missed: ScheduleDefinition.MissedTicks(rawValue: try row.decode("missed")) ?? .latest,
            maximumCatchUp: Int(try row.decode("max_catch_up", as: Int32.self)),
            delay: .seconds(try row.decode("delay_seconds", as: Double.self)),
            jitter: .seconds(try row.decode("jitter_seconds", as: Double.self)),
            parameters: try row.decode("parameters", as: PostgresJSON.self).bytes,
            isPerCluster: try row.decode("per_cluster"),
            isBuiltIn: try row.decode("built_in")
        )
        return ScheduleRecord(
            definition: definition,
            isPaused: try row.decode("paused"),
            lastTick: try row.decode("last_tick"),
            ticksAfter: try row.decode("ticks_after")
        )
    }
}

/// A schedule could not be kept.
public enum ScheduleStoreError: Error, Equatable {
    /// There is one of this name.
    case nameTaken
    /// Operators made as many as they may.
    case tooMany
    /// The program brings it, and would bring it again.
    case builtIn
    /// PostgreSQL did not say what time it is.
    case noTime
}
