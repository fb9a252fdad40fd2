import FoundationEssentials
import Postgres

/// What customers are yet to be told: written in the transaction of what it tells.
///
/// A crash neither loses nor doubles an event: its row is there if what it tells is, and its id follows from that.
public enum NotificationOutbox {
    /// Keeps an event for each channel of its customer that wants to hear of it.
    ///
    /// - Parameters:
    ///   - event: What to tell.
    ///   - transaction: That of what it tells.
    /// - Throws: `PostgresError`.
    public static func record(_ event: NotificationEvent, in transaction: StoreTransaction) async throws {
        try await record([event], in: transaction)
    }

    /// Keeps events for each channel of their customers that wants to hear of them; what was told before is left.
    ///
    /// - Parameters:
    ///   - events: What to tell, in the order it is told.
    ///   - transaction: That of what they tell.
    /// - Throws: `PostgresError`.
    public static func record(
        _ events: [NotificationEvent],
        in transaction: StoreTransaction
    ) async throws {
        try await record(events, on: transaction.connection)
    }

    static func record(_ events: [NotificationEvent], on connection: PostgresConnection) async throws {
        guard !events.isEmpty else { return }
        // What happens while we keep a channel switched off waits for its owner; what happens while he does, he
        // does not want to hear.
        let isMeant: SQL = "(c.enabled OR c.disabled_reason IS NOT NULL)"
        _ = try await connection.execute(try insertion(of: events, where: isMeant))
    }

    /// Keeps an event for one channel, whatever it wants to hear.
    static func record(
        _ event: NotificationEvent,
        for channel: UUID,
        on connection: PostgresConnection
    ) async throws {
        _ = try await connection.execute(try insertion(of: [event], where: "c.channel_id = \(channel)"))
    }

    /// Each event goes to its customer's channels, with the name of its cluster: people know no ids.
    private static func insertion(of events: [NotificationEvent], where isMeant: SQL) throws -> SQL {
        let facts = try events.map {
            PostgresJSON(bytes: try JSONValue.object($0.facts).withoutNUL.serialized())
        }
        return """
            INSERT INTO notifications (channel_id, customer_id, event_id, kind, facts, occurred_at)
            SELECT c.channel_id, c.customer_id, e.id, e.kind,
                CASE WHEN k.cluster_name IS NULL THEN e.facts
                    ELSE e.facts || jsonb_build_object('cluster_name', k.cluster_name) END,
                e.occurred_at
            FROM unnest(
                \(events.map(\.id))::uuid[],
                \(events.map(\.customerID))::uuid[],
                \(events.map(\.kind.rawValue))::text[],
                \(facts)::jsonb[],
                \(events.map(\.occurredAt))::timestamptz[]
            ) WITH ORDINALITY AS e (id, customer_id, kind, facts, occurred_at, place)
            JOIN notification_channels c ON c.customer_id = e.customer_id AND c.deleted_at IS NULL
            LEFT JOIN clusters k ON k.cluster_id = (e.facts->>'cluster_id')::uuid AND k.customer_id = e.customer_id
            WHERE \(fragment: isMeant)
              AND (c.kinds IS NULL OR e.kind = ANY (c.kinds) OR e.kind = 'test')
              AND NOT EXISTS (SELECT FROM notifications n WHERE n.channel_id = c.channel_id AND n.event_id = e.id)
            ORDER BY e.place, c.channel_id
            ON CONFLICT (channel_id, event_id) DO NOTHING
            """
    }
}
