public import FoundationEssentials
public import Postgres

/// What the handler of interruptions reads and writes: whose machine it is, and what was done for it.
public struct InterruptionStore: Sendable {
    /// A node as it was last seen on a machine.
    public struct KnownNode: Sendable, Equatable {
        /// The cluster it is in.
        public var clusterID: UUID
        /// Its name.
        public var name: String
        /// The Node object's identity.
        public var uid: String
    }

    /// How the handling of an interruption ended.
    public struct Ending: Sendable {
        /// As in the table.
        public enum Status: String, Sendable {
            /// All was done that could be.
            case handled
            /// Pods were lost, or no replacement could be had.
            case failed
            /// The machine was gone before anything could be done.
            case late
            /// The machine is in none of the customer's clusters.
            case foreign
            /// Nothing was to be done.
            case ignored
        }

        /// How it ended.
        public var status: Status
        /// Why, for people.
        public var reason: String?
        /// What was done, in one word as in `drained`.
        public var action: String
        /// The cluster, once it is known.
        public var clusterID: UUID?
        /// The node's name.
        public var nodeName: String?
        /// The machine that takes its place.
        public var replacementID: String?
        /// Whole seconds from cordon to the end of the drain.
        public var drainSeconds: Int?
        /// JSON: seconds from the event to each thing done.
        public var timings: [UInt8]?
        /// JSON: what became of each pod.
        public var pods: [UInt8]?

        /// Makes an ending.
        public init(_ status: Status, _ action: String, reason: String? = nil) {
            self.status = status
            self.action = action
            self.reason = reason
        }
    }

    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Finds the node that was last seen on a machine.
    ///
    /// - Parameters:
    ///   - instance: The machine.
    ///   - customer: Only in this customer's clusters.
    /// - Returns: nil if there is none.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func node(on instance: String, of customer: UUID) async throws -> KnownNode? {
        let rows = try await pool.query(
            """
            SELECT n.cluster_id, n.node_name, n.node_uid FROM nodes n JOIN clusters c USING (cluster_id)
            WHERE n.instance_id = \(instance) AND c.customer_id = \(customer) AND c.deleted_at IS NULL
              AND n.gone_at IS NULL
            ORDER BY n.last_seen_at DESC LIMIT 1
            """
        )
        return try rows.first.map { row in
            KnownNode(
                clusterID: try row.decode("cluster_id"),
                name: try row.decode("node_name"),
                uid: try row.decode("node_uid")
            )
        }
    }

    /// Lists a customer's clusters that can be asked.
    public func clusters(of customer: UUID) async throws -> [UUID] {
        let rows = try await pool.query(
            """
            SELECT cluster_id FROM clusters
            WHERE customer_id = \(customer) AND deleted_at IS NULL AND status = 'active' ORDER BY cluster_id
            """
        )
        return try rows.map { try $0.decode("cluster_id") }
    }

    /// Finds what another job launched in the last hours to take a machine's place.
    ///
    /// - Parameters:
    ///   - instance: The machine that is replaced.
    ///   - customer: Whose it is.
    ///   - job: The one that asks.
    /// - Returns: The replacement's instance id; nil if there is none.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func replacement(of instance: String, customer: UUID, besides job: UUID) async throws -> String? {
        let rows = try await pool.query(
            """
            SELECT replacement_instance_id AS id FROM spot_events
            WHERE customer_id = \(customer) AND instance_id = \(instance) AND job_id IS DISTINCT FROM \(job)
              AND replacement_instance_id IS NOT NULL AND received_at > now() - interval '6 hours'
            ORDER BY received_at DESC LIMIT 1
            """
        )
        return try rows.first?.decode("id")
    }

    /// Whether a machine has another event that is more urgent than a job: its time is then shorter than the job knows.
    ///
    /// - Parameters:
    ///   - instance: The machine.
    ///   - customer: Whose it is.
    ///   - job: Which has a deadline of its own.
    ///   - deadline: That deadline.
    /// - Returns: Whether there is one.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func isNeededSooner(
        _ instance: String,
        of customer: UUID,
        than job: UUID,
        deadline: Date
    ) async throws -> Bool {
        let rows = try await pool.query(
            """
            SELECT EXISTS (SELECT FROM spot_events
                WHERE customer_id = \(customer) AND instance_id = \(instance) AND status = 'accepted'
                  AND job_id IS DISTINCT FROM \(job) AND deadline < \(deadline)) AS found
            """
        )
        return try rows.first?.decode("found") ?? false
    }

    /// Keeps an event for a job that somebody submitted by hand, so that the history is whole.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - customer: Whose it is.
    ///   - instance: The machine.
    ///   - kind: What happens to it.
    ///   - time: When AWS said so.
    ///   - deadline: When the machine is lost.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func ensureEvent(
        of job: UUID,
        customer: UUID,
        instance: String,
        kind: String,
        time: Date,
        deadline: Date?
    ) async throws {
        _ = try await pool.execute(
            """
            INSERT INTO spot_events (event_id, customer_id, instance_id, event_type, event_time, source_event_id,
                deadline, job_id)
            SELECT \(UUID.version7()), \(customer), \(instance), \(kind), \(time), \("job:" + job.text),
                \(deadline), \(job)
            WHERE NOT EXISTS (SELECT FROM spot_events WHERE job_id = \(job))
            ON CONFLICT DO NOTHING
            """
        )
    }

    /// Notes the replacement of a machine, as soon as there is one.
    public func launched(_ replacement: String, by job: UUID) async throws {
        _ = try await pool.execute(
            "UPDATE spot_events SET replacement_instance_id = \(replacement) WHERE job_id = \(job)"
        )
    }

    /// Notes on all events of a job how it ended.
    public func finish(_ job: UUID, _ ending: Ending) async throws {
        _ = try await pool.execute(
            """
            UPDATE spot_events SET status = \(ending.status.rawValue), reason = \(ending.reason),
                action_taken = \(ending.action), cluster_id = coalesce(\(ending.clusterID), cluster_id),
                node_name = coalesce(\(ending.nodeName), node_name),
                replacement_instance_id = coalesce(\(ending.replacementID), replacement_instance_id),
                drain_duration_seconds = \(ending.drainSeconds),
                timings = coalesce(timings, '{}'::jsonb)
                    || coalesce(\(ending.timings.map { PostgresJSON(bytes: $0) }), '{}'::jsonb),
                pods = coalesce(\(ending.pods.map { PostgresJSON(bytes: $0) }), pods), processed_at = now()
            WHERE job_id = \(job)
            """
        )
    }

    /// Adds timings to all events of a job, after its end.
    public func add(timings: [UInt8], reason: String?, failed: Bool, to job: UUID) async throws {
        _ = try await pool.execute(
            """
            UPDATE spot_events SET timings = coalesce(timings, '{}'::jsonb) || \(PostgresJSON(bytes: timings)),
                reason = coalesce(\(reason), reason), status = CASE WHEN \(failed) THEN 'failed' ELSE status END
            WHERE job_id = \(job)
            """
        )
    }
}
