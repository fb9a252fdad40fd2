public import FoundationEssentials
import Postgres

extension SpotEventStore {
    /// An interruption that stopped a machine, or let it hibernate, without its node having been given back since.
    public struct Stop: Sendable, Equatable {
        /// The job that handled it.
        public var interruption: UUID
        /// The machine's cluster.
        public var clusterID: UUID

        /// Makes one from its parts.
        public init(interruption: UUID, clusterID: UUID) {
            self.interruption = interruption
            self.clusterID = clusterID
        }
    }

    /// The name of the timing that says that a node was given back.
    public static let nodeReturned = "node_returned"

    /// Finds the last interruption that stopped each of some machines.
    ///
    /// - Parameters:
    ///   - machines: Which, and before when.
    ///   - customer: Whose they are.
    ///   - transaction: The transaction.
    /// - Returns: Those found, by machine.
    /// - Throws: `PostgresError`.
    public func stops(
        of machines: [String: Date],
        customer: UUID,
        in transaction: StoreTransaction
    ) async throws -> [String: Stop] {
        guard !machines.isEmpty else { return [:] }
        let machines = Array(machines)
        let rows = try await transaction.connection.query(
            """
            SELECT DISTINCT ON (e.instance_id) e.instance_id, e.job_id, e.cluster_id
            FROM unnest(\(machines.map(\.key))::text[], \(machines.map(\.value))::timestamptz[]) AS m (id, time)
            JOIN spot_events e ON e.instance_id = m.id AND e.event_time < m.time
            JOIN jobs j ON j.job_id = e.job_id
            WHERE e.customer_id = \(customer) AND e.cluster_id IS NOT NULL AND j.type = 'handle-spot-warning'
              AND j.parameters ->> 'action' IN ('stop', 'hibernate') AND NOT j.dry_run
              AND NOT coalesce(e.timings, '{}'::jsonb) ? \(Self.nodeReturned)
            ORDER BY e.instance_id, e.event_id DESC
            """
        )
        return try Dictionary(
            rows.map { row in
                let stop = Stop(
                    interruption: try row.decode("job_id"),
                    clusterID: try row.decode("cluster_id")
                )
                return (try row.decode("instance_id", as: String.self), stop)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
