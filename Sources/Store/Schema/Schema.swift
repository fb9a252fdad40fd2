import Cryptography
public import FoundationEssentials
public import Postgres

/// The schema of one database: what is applied, and applying the rest.
public struct Schema: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Compares the database with what this build knows.
    ///
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func state() async throws -> SchemaState {
        let exists = try await pool.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS present")
        guard try exists.first?.decode("present", as: Bool.self) == true else {
            return SchemaState(applied: [], known: Self.known)
        }
        let rows = try await pool.query("SELECT title, checksum FROM schema_migrations ORDER BY version")
        return SchemaState(applied: try rows.map(Self.applied), known: Self.known)
    }

    /// Applies what is missing, each migration in a transaction of its own, under one lock for all processes.
    ///
    /// - Returns: The titles of those applied now; empty if none was missing.
    /// - Throws: ``SchemaError`` if the database holds something this build does not know; `PostgresError`.
    public func migrate() async throws -> [String] {
        var done: [String] = []
        for migration in Migration.all where try await apply(migration) {
            done.append(migration.title)
        }
        _ = try await pool.query(
            """
            SELECT ensure_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 7)
            """
        )
        return done
    }

    /// Makes the day partitions around an instant, for a row that found none.
    ///
    /// - Parameter instant: A time in the day that is needed.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func ensurePartitions(around instant: Date = Date()) async throws {
        _ = try await pool.query(
            """
            SELECT ensure_partitions((\(instant) AT TIME ZONE 'UTC')::date - 1, (\(instant) AT TIME ZONE 'UTC')::date + 7)
            """
        )
    }

    private func apply(_ migration: Migration) async throws -> Bool {
        try await pool.withTransaction { connection in
            _ = try await connection.query("SELECT pg_advisory_xact_lock(hashtext('cloudoptim.schema'))")
            _ = try await connection.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version int PRIMARY KEY, title text NOT NULL, checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """
            )
            let rows = try await connection.query(
                "SELECT title, checksum FROM schema_migrations ORDER BY version"
            )
            let applied = try rows.map(Self.applied)
            if case .unknown(let reason) = SchemaState(applied: applied, known: Self.known) {
                throw SchemaError(reason: reason)
            }
            guard applied.count < migration.version else { return false }
            try await connection.executeScript(migration.sql)
            _ = try await connection.execute(
                """
                INSERT INTO schema_migrations (version, title, checksum)
                VALUES (\(migration.version)::int, \(migration.title), \(Self.checksum(migration)))
                """
            )
            return true
        }
    }

    private static let known = Migration.all.map { AppliedMigration(title: $0.title, checksum: checksum($0)) }

    private static func checksum(_ migration: Migration) -> String {
        Hex.encode(SHA256Digest.hash(migration.sql.utf8))
    }

    private static func applied(_ row: PostgresRow) throws -> AppliedMigration {
        AppliedMigration(title: try row.decode("title"), checksum: try row.decode("checksum"))
    }
}

/// The database holds a schema this build must not touch.
public struct SchemaError: Error, CustomStringConvertible {
    /// What differs.
    public let reason: String

    /// The reason, as a sentence.
    public var description: String { "refusing to migrate: \(reason)" }
}
