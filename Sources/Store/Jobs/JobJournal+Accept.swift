import FoundationEssentials
import Postgres

extension JobJournal {
    /// Commits a batch of acceptances: after this returns, the accepted ones are never lost.
    ///
    /// Jobs without keys cost one statement a batch. Acceptances are judged one by one; a refused one does not
    /// hold back the others.
    ///
    /// - Parameter acceptances: At most a few thousand.
    /// - Returns: One verdict for each, in order.
    /// - Throws: `PostgresError`; then nothing was accepted, unless its `outcomeUnknown` says otherwise.
    public func accept(_ acceptances: [JobAcceptance]) async throws -> [AcceptanceVerdict] {
        guard !acceptances.isEmpty else { return [] }
        return try await makingPartitions(for: { acceptances.map(\.record.id) }) {
            try await acceptOnce(acceptances)
        }
    }

    /// Commits a batch of acceptances in a transaction that writes other things as well.
    ///
    /// Those of a transaction must be in one batch, since keys are taken in an order.
    ///
    /// - Parameters:
    ///   - acceptances: At most a few thousand.
    ///   - transaction: Of ``withTransaction(_:)``.
    /// - Returns: One verdict for each, in order; they hold once the transaction is committed.
    /// - Throws: `PostgresError`.
    public func accept(
        _ acceptances: [JobAcceptance],
        in transaction: StoreTransaction
    ) async throws -> [AcceptanceVerdict] {
        try await accept(acceptances, on: transaction.connection)
    }

    private func accept(
        _ acceptances: [JobAcceptance],
        on connection: PostgresConnection
    ) async throws -> [AcceptanceVerdict] {
        let refused = try await Self.claimKeys(of: acceptances, on: connection)
        let new = acceptances.filter { refused[$0.record.id] == nil }
        let rows =
            new.isEmpty ? nil : try await connection.query(Self.insertion(of: new, or: Self.unlessKnown))
        let inserted = try rows.map { try Self.inserted(new, $0) } ?? [:]
        return acceptances.map { acceptance in
            let id = acceptance.record.id
            return refused[id] ?? inserted[id].map(AcceptanceVerdict.accepted) ?? .existing(id)
        }
    }

    /// Runs the body in a transaction, and once more if the days of new jobs had no partition yet.
    ///
    /// - Throws: What the body throws; `PostgresError`, of which `outcomeUnknown` says whether it may be committed.
    public func withTransaction<Value>(
        _ body: (StoreTransaction) async throws -> Value
    ) async throws -> Value {
        try await makingPartitions(for: { [UUID.version7()] }) {
            try await pool.withTransaction { try await body(StoreTransaction(connection: $0)) }
        }
    }

    /// Runs the body; if there is no partition for one of the days, makes it and tries once more.
    private func makingPartitions<Value>(
        for jobs: () -> [UUID],
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch  where (error as? PostgresError)?.sqlState == "23514" {
            for day in Set(jobs().map { $0.version7Milliseconds / 86_400_000 }) {
                try await schema.ensurePartitions(around: Date(millisecondsSince1970: day * 86_400_000))
            }
            return try await body()
        }
    }

    private func acceptOnce(_ acceptances: [JobAcceptance]) async throws -> [AcceptanceVerdict] {
        let hasKeys = acceptances.contains { $0.idempotency != nil || $0.record.dedupeKey != nil }
        guard hasKeys else {
            let inserted = try await insert(acceptances)
            return acceptances.map {
                inserted[$0.record.id].map(AcceptanceVerdict.accepted) ?? .existing($0.record.id)
            }
        }
        return try await pool.withTransaction { try await accept(acceptances, on: $0) }
    }

    /// Takes the keys of a batch.
    ///
    /// - Returns: The verdicts on those that do not get theirs.
    private static func claimKeys(
        of acceptances: [JobAcceptance],
        on connection: PostgresConnection
    ) async throws -> [UUID: AcceptanceVerdict] {
        var refused: [UUID: AcceptanceVerdict] = [:]
        // All of one kind in their order, then all of the other: two batches never wait for each other in a circle.
        for acceptance in acceptances.sorted(by: {
            $0.order(\.idempotency?.key) < $1.order(\.idempotency?.key)
        }) {
            refused[acceptance.record.id] = try await claimIdempotencyKey(of: acceptance, on: connection)
        }
        for acceptance in acceptances.sorted(by: {
            $0.order(\.record.dedupeKey) < $1.order(\.record.dedupeKey)
        })
        where refused[acceptance.record.id] == nil {
            refused[acceptance.record.id] = try await claimDedupeKey(of: acceptance, on: connection)
        }
        return refused
    }

    /// Takes the idempotency key of one acceptance; nil if it is ours, or there is none.
    private static func claimIdempotencyKey(
        of acceptance: JobAcceptance,
        on connection: PostgresConnection
    ) async throws -> AcceptanceVerdict? {
        guard let idempotency = acceptance.idempotency else { return nil }
        let id = acceptance.record.id
        let scope = acceptance.scope
        let taken = try await connection.execute(
            """
            INSERT INTO job_idempotency (scope, key, request_hash, job_id)
            VALUES (\(scope), \(idempotency.key), \(idempotency.requestHash), \(id))
            ON CONFLICT DO NOTHING
            """
        )
        guard taken == 0 else { return nil }
        let rows = try await connection.query(
            "SELECT job_id, request_hash FROM job_idempotency WHERE scope = \(scope) AND key = \(idempotency.key)"
        )
        guard let row = rows.first else { return .existing(id) }
        let holder: UUID = try row.decode("job_id")
        let hash: [UInt8] = try row.decode("request_hash")
        return hash == idempotency.requestHash ? .existing(holder) : .idempotencyConflict(holder)
    }

    /// Takes the dedupe key of one acceptance; nil if it is ours, or there is none.
    private static func claimDedupeKey(
        of acceptance: JobAcceptance,
        on connection: PostgresConnection
    ) async throws -> AcceptanceVerdict? {
        guard let dedupeKey = acceptance.record.dedupeKey else { return nil }
        let id = acceptance.record.id
        let scope = acceptance.scope
        // The key of a finished job may be left over from a crash between outcome and release: take it.
        let taken = try await connection.query(
            """
            INSERT INTO job_dedupe AS held (scope, dedupe_key, job_id)
            VALUES (\(scope), \(dedupeKey), \(id))
            ON CONFLICT (scope, dedupe_key) DO UPDATE SET job_id = excluded.job_id
                WHERE EXISTS (SELECT FROM job_attempts a WHERE a.job_id = held.job_id AND a.terminal)
            RETURNING job_id
            """
        )
        guard taken.isEmpty else { return nil }
        if acceptance.whenDuplicate == .latest {
            try await supersede(dedupeKey, by: acceptance, on: connection)
            return nil
        }
        if acceptance.whenDuplicate == .refuse, let idempotency = acceptance.idempotency {
            _ = try await connection.execute(
                "DELETE FROM job_idempotency WHERE scope = \(scope) AND key = \(idempotency.key) AND job_id = \(id)"
            )
        }
        let rows = try await connection.query(
            "SELECT job_id FROM job_dedupe WHERE scope = \(scope) AND dedupe_key = \(dedupeKey)"
        )
        let holder: UUID = try rows.first?.decode("job_id") ?? id
        guard acceptance.whenDuplicate == .merge else { return .duplicate(holder) }
        if let idempotency = acceptance.idempotency {
            // The same request sent again finds the job that stands for it.
            _ = try await connection.execute(
                "UPDATE job_idempotency SET job_id = \(holder) WHERE scope = \(scope) AND key = \(idempotency.key)"
            )
        }
        return .existing(holder)
    }

    /// Gives a key to a newer job, and notes that the older one is to go.
    private static func supersede(
        _ dedupeKey: String,
        by acceptance: JobAcceptance,
        on connection: PostgresConnection
    ) async throws {
        let (id, scope) = (acceptance.record.id, acceptance.scope)
        _ = try await connection.execute(
            """
            WITH older AS (
                SELECT job_id FROM job_dedupe WHERE scope = \(scope) AND dedupe_key = \(dedupeKey)
            ), wish AS (
                INSERT INTO job_cancellations (job_id, queue, superseded, requested_by)
                -- One of the same batch has no row yet.
                SELECT older.job_id, coalesce(j.queue, \(acceptance.record.queue)), true, \("job " + id.text)
                FROM older LEFT JOIN jobs j USING (job_id)
                ON CONFLICT DO NOTHING
            )
            UPDATE job_dedupe SET job_id = \(id) WHERE scope = \(scope) AND dedupe_key = \(dedupeKey)
            """
        )
    }

    private static let unlessKnown: SQL = "ON CONFLICT (job_id) DO NOTHING"

    private func insert(_ acceptances: [JobAcceptance]) async throws -> [UUID: JobRecord] {
        do {
            // Ids are new, unless an answer was lost and the batch is sent again.
            return try Self.inserted(
                acceptances,
                try await pool.query(Self.insertion(of: acceptances, or: ""))
            )
        } catch  where (error as? PostgresError)?.isUniqueViolation ?? false {
            let rows = try await pool.query(Self.insertion(of: acceptances, or: Self.unlessKnown))
            return try Self.inserted(acceptances, rows)
        }
    }

    private static func insertion(of acceptances: [JobAcceptance], or otherwise: SQL) -> SQL {
        let records = acceptances.map(\.record)
        return """
            INSERT INTO jobs (job_id, type, queue, cluster_id, customer_id, parameters, priority, deadline, run_at,
                max_attempts, exclusive_key, dedupe_key, dry_run, traceparent, submitted_by)
            SELECT i.id, i.type, i.queue, i.cluster, i.customer, i.parameters, i.priority,
                coalesce(i.deadline, greatest(i.run_at, now()) + i.deadline_after * interval '1 second'),
                coalesce(i.run_at, now()),
                i.max_attempts, i.exclusive_key, i.dedupe_key, i.dry_run, i.traceparent, i.submitted_by
            FROM unnest(
                \(records.map(\.id))::uuid[],
                \(records.map(\.type))::text[],
                \(records.map(\.queue))::text[],
                \(records.map(\.clusterID))::uuid[],
                \(records.map(\.customerID))::uuid[],
                \(records.map { PostgresJSON(bytes: $0.parameters) })::jsonb[],
                \(records.map { Int16($0.priority) })::smallint[],
                \(records.map(\.deadline))::timestamptz[],
                \(acceptances.map { $0.deadlineAfter })::double precision[],
                \(acceptances.map { $0.runsAtOnce ? nil : $0.record.runAt })::timestamptz[],
                \(records.map { Int16($0.maxAttempts) })::smallint[],
                \(records.map(\.exclusiveKey))::text[],
                \(records.map(\.dedupeKey))::text[],
                \(records.map(\.isDryRun))::boolean[],
                \(records.map(\.traceparent))::text[],
                \(records.map(\.submittedBy))::text[]
            ) AS i (id, type, queue, cluster, customer, parameters, priority, deadline, deadline_after, run_at,
                max_attempts, exclusive_key, dedupe_key, dry_run, traceparent, submitted_by)
            \(fragment: otherwise)
            RETURNING job_id, submitted_at, run_at, deadline
            """
    }

    private static func inserted(
        _ acceptances: [JobAcceptance],
        _ rows: PostgresRows
    ) throws -> [UUID: JobRecord] {
        let records = acceptances.map(\.record)
        var byID = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var inserted: [UUID: JobRecord] = [:]
        for row in rows {
            let id: UUID = try row.decode(0)
            guard var record = byID.removeValue(forKey: id) else { continue }
            record.submittedAt = try row.decode(1)
            record.runAt = try row.decode(2)
            record.deadline = try row.decode(3)
            inserted[id] = record
        }
        return inserted
    }
}

extension JobAcceptance {
    /// What orders the taking of keys.
    fileprivate func order(_ key: (JobAcceptance) -> String?) -> String {
        "\(scope)|\(key(self) ?? "")"
    }
}
