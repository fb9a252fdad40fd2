public import FoundationEssentials
import Postgres

/// What was done with an event on its way in.
public enum SpotEventAcceptance: Sendable, Equatable {
    /// Stored, with the cluster that the machine belongs to as far as we know.
    case new(clusterID: UUID?)
    /// It was told before.
    case known(SpotEventRecord)
}

extension SpotEventStore {
    /// Stores events that were not told before, in somebody's transaction.
    ///
    /// The machine's cluster and node are looked up among those of the customer, who is told. A transaction that tells
    /// the same is waited for.
    ///
    /// - Parameters:
    ///   - events: At most a few thousand; of two about the same only the first counts.
    ///   - customer: Whose machines they are about.
    ///   - transaction: The transaction.
    /// - Returns: What was done with each, in order.
    /// - Throws: `PostgresError`.
    public func insert(
        _ events: [NewSpotEvent],
        of customer: UUID,
        in transaction: StoreTransaction
    ) async throws -> [SpotEventAcceptance] {
        guard !events.isEmpty else { return [] }
        // In one order, so that two transactions that tell the same never wait for each other in a circle.
        let rows = try await transaction.connection.query(
            """
            INSERT INTO spot_events (event_id, cluster_id, customer_id, instance_id, event_type, event_time, detail,
                source_event_id, queue_url, account_id, region, node_name, deadline, status, reason)
            SELECT i.id, known.cluster_id, \(customer), i.instance_id, i.event_type, i.event_time, i.detail,
                i.source_id, i.queue_url, i.account_id, i.region, known.node_name, i.deadline, i.status, i.reason
            FROM unnest(
                \(events.map(\.id))::uuid[],
                \(events.map(\.instanceID))::text[],
                \(events.map(\.eventType))::text[],
                \(events.map(\.eventTime))::timestamptz[],
                \(events.map { PostgresJSON(bytes: $0.detail) })::jsonb[],
                \(events.map(\.sourceEventID))::text[],
                \(events.map(\.queueURL))::text[],
                \(events.map(\.accountID))::text[],
                \(events.map(\.region))::text[],
                \(events.map(\.deadline))::timestamptz[],
                \(events.map(\.status.rawValue))::text[],
                \(events.map(\.reason))::text[]
            ) AS i (id, instance_id, event_type, event_time, detail, source_id, queue_url, account_id, region,
                deadline, status, reason)
            LEFT JOIN LATERAL (
                SELECT n.cluster_id, n.node_name FROM nodes n JOIN clusters c USING (cluster_id)
                WHERE n.instance_id = i.instance_id AND c.customer_id = \(customer) AND c.deleted_at IS NULL
                ORDER BY n.last_seen_at DESC LIMIT 1
            ) AS known ON true
            ORDER BY i.source_id, i.instance_id
            ON CONFLICT (customer_id, source_event_id, instance_id) DO NOTHING
            RETURNING event_id, cluster_id
            """
        )
        var new: [UUID: UUID?] = [:]
        for row in rows { new[try row.decode("event_id")] = try row.decode("cluster_id", as: UUID?.self) }
        let news = events.compactMap { event in
            new[event.id].flatMap { NotificationEvent.received(event, of: customer, cluster: $0) }
        }
        try await NotificationOutbox.record(news, in: transaction)
        let told = events.filter { new[$0.id] == nil }
        let known = try await find(told, of: customer, on: transaction.connection)
        return try events.map { event in
            if let cluster = new[event.id] { return .new(clusterID: cluster) }
            guard let record = known[Name(event.sourceEventID, event.instanceID)] else {
                // Somebody deleted it meanwhile, or it was told by a transaction that we cannot see.
                throw SpotEventStoreError.vanished
            }
            return .known(record)
        }
    }

    private struct Name: Hashable {
        let source: String
        let instance: String

        init(_ source: String, _ instance: String) {
            self.source = source
            self.instance = instance
        }
    }

    private func find(
        _ events: [NewSpotEvent],
        of customer: UUID,
        on connection: PostgresConnection
    ) async throws -> [Name: SpotEventRecord] {
        guard !events.isEmpty else { return [:] }
        let rows = try await connection.query(
            """
            SELECT e.* FROM spot_events e
            JOIN unnest(\(events.map(\.sourceEventID))::text[], \(events.map(\.instanceID))::text[]) AS i (source, instance)
              ON e.customer_id = \(customer) AND e.source_event_id = i.source AND e.instance_id = i.instance
            """
        )
        let records = try rows.map(Self.event)
        return Dictionary(records.map { (Name($0.sourceEventID, $0.instanceID), $0) }) { first, _ in first }
    }

    /// Says which job has an event, in the transaction that accepts the job.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - event: The event.
    ///   - status: How far the event has come with that.
    ///   - deadline: When the machine is lost.
    ///   - reason: Why it does not come further.
    ///   - transaction: The transaction.
    /// - Throws: `PostgresError`.
    public func assign(
        _ job: UUID?,
        to event: UUID,
        status: SpotEventRecord.Status,
        deadline: Date?,
        reason: String?,
        in transaction: StoreTransaction
    ) async throws {
        _ = try await transaction.connection.execute(
            """
            UPDATE spot_events
            SET job_id = \(job), status = \(status.rawValue), deadline = \(deadline), reason = \(reason),
                processed_at = NULL
            WHERE event_id = \(event)
            """
        )
    }

    /// Finds an event and keeps others from changing it until the transaction ends.
    ///
    /// - Returns: nil if there is none with this id.
    /// - Throws: `PostgresError`.
    public func lock(_ id: UUID, in transaction: StoreTransaction) async throws -> SpotEventRecord? {
        try await transaction.connection.query("SELECT * FROM spot_events WHERE event_id = \(id) FOR UPDATE")
            .first.map(Self.event)
    }
}

/// The store is not what it must be.
public enum SpotEventStoreError: Error {
    /// An event was there, and then was not.
    case vanished
}
