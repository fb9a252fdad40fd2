public import FoundationEssentials
public import Postgres

/// Who leads, as PostgreSQL has it.
public struct LeadershipRecord: Sendable, Equatable {
    /// The process that leads.
    public var holder: String
    /// Grows with every change of the holder.
    public var term: Int64
    /// When the term began.
    public var acquiredAt: Date
    /// When the term ends unless it is renewed.
    public var expiresAt: Date
}

/// Roles that one process at a time has.
///
/// All times are PostgreSQL's.
public struct LeadershipStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Begins a term, if nobody else's is running.
    ///
    /// A look first, so that those who only wait write nothing.
    ///
    /// - Parameters:
    ///   - name: The role.
    ///   - holder: Who asks; no two processes have the same name.
    ///   - duration: How long the term holds unless it is renewed.
    /// - Returns: The term; nil while somebody else leads.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func acquire(_ name: String, holder: String, for duration: Duration) async throws -> Int64? {
        guard try await leader(name) == nil else { return nil }
        let rows = try await pool.query(
            """
            INSERT INTO leadership AS held (name, holder, term, acquired_at, expires_at)
            VALUES (\(name), \(holder), 1, clock_timestamp(), \(fragment: Self.end(duration)))
            ON CONFLICT (name) DO UPDATE SET
                holder = excluded.holder, term = held.term + 1, acquired_at = clock_timestamp(),
                expires_at = \(fragment: Self.end(duration))
            WHERE held.expires_at <= clock_timestamp()
            RETURNING term
            """
        )
        return try rows.first?.decode("term")
    }

    /// Prolongs a term.
    ///
    /// - Returns: False if another term has begun since.
    public func renew(_ name: String, holder: String, term: Int64, for duration: Duration) async throws
        -> Bool
    {
        let count = try await pool.execute(
            """
            UPDATE leadership SET expires_at = \(fragment: Self.end(duration))
            WHERE name = \(name) AND holder = \(holder) AND term = \(term)
            """
        )
        return count > 0
    }

    /// Ends a term at once, if it is still running.
    ///
    /// - Parameters:
    ///   - name: The role.
    ///   - holder: Who asks.
    ///   - term: Only this one; nil for whichever the holder has.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func resign(_ name: String, holder: String, term: Int64? = nil) async throws {
        _ = try await pool.execute(
            """
            UPDATE leadership SET expires_at = clock_timestamp()
            WHERE name = \(name) AND holder = \(holder) AND term = coalesce(\(term)::bigint, term)
              AND expires_at > clock_timestamp()
            """
        )
    }

    /// Who leads now.
    ///
    /// - Returns: nil if nobody's term is running.
    public func leader(_ name: String) async throws -> LeadershipRecord? {
        let rows = try await pool.query(
            """
            SELECT holder, term, acquired_at, expires_at FROM leadership
            WHERE name = \(name) AND expires_at > clock_timestamp()
            """
        )
        return try rows.first.map { row in
            LeadershipRecord(
                holder: try row.decode("holder"),
                term: try row.decode("term"),
                acquiredAt: try row.decode("acquired_at"),
                expiresAt: try row.decode("expires_at")
            )
        }
    }

    private static func end(_ duration: Duration) -> SQL {
        "clock_timestamp() + \(duration.seconds)::double precision * interval '1 second'"
    }
}
