import FoundationEssentials
public import Postgres

/// The truth about jobs: every accepted one, and every run.
///
/// Append-only. The statements live here and in the extensions beside it.
public struct JobJournal: Sendable {
    let pool: PostgresPool
    let schema: Schema

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
        schema = Schema(pool: pool)
    }

    /// The number of Redis's present life; see ``beginEpoch(unlessRedisHolds:_:)``.
    public func epoch() async throws -> Int64 {
        let rows = try await pool.query("SELECT epoch FROM queue_epoch")
        guard let row = rows.first else { throw JobJournalError.noEpoch }
        return try row.decode("epoch")
    }

    /// Begins a new life of Redis, unless somebody else just did.
    ///
    /// All processes that find Redis without its epoch come here; a lock in PostgreSQL lets one through at a
    /// time, and the first one's new epoch satisfies the others.
    ///
    /// - Parameters:
    ///   - current: Tells, once the lock is held, which epoch Redis holds now.
    ///   - install: Receives the new epoch and must put it into Redis; the lock is held meanwhile.
    /// - Returns: The epoch that holds now.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func beginEpoch(
        unlessRedisHolds current: @Sendable () async throws -> Int64?,
        _ install: @Sendable (Int64) async throws -> Void
    ) async throws -> Int64 {
        try await pool.withTransaction { connection in
            _ = try await connection.query("SELECT pg_advisory_xact_lock(hashtext('cloudoptim.queue_epoch'))")
            let rows = try await connection.query("SELECT epoch FROM queue_epoch FOR UPDATE")
            guard let row = rows.first else { throw JobJournalError.noEpoch }
            let known: Int64 = try row.decode("epoch")
            if try await current() == known { return known }
            let renewed = try await connection.query(
                """
                UPDATE queue_epoch
                SET epoch = greatest(epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
                    changed_at = now()
                RETURNING epoch
                """
            )
            guard let row = renewed.first else { throw JobJournalError.noEpoch }
            let next: Int64 = try row.decode("epoch")
            try await install(next)
            return next
        }
    }
}

/// The journal is not what it must be.
public enum JobJournalError: Error {
    /// The one row of `queue_epoch` is missing.
    case noEpoch
}
