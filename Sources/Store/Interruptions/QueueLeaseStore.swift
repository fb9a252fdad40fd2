public import FoundationEssentials
public import Postgres

/// Which scheduler takes messages from which customer's queue.
///
/// All times are PostgreSQL's.
public struct QueueLeaseStore: Sendable {
    /// How many queues there are, and how many schedulers share them.
    public struct Census: Sendable, Equatable {
        /// Queues that can be read: of active customers with a queue and a role.
        public let queues: Int
        /// Schedulers that are alive, the caller among them.
        public let readers: Int

        /// Makes one from its parts.
        public init(queues: Int, readers: Int) {
            self.queues = queues
            self.readers = readers
        }

        /// How many queues each scheduler reads at most.
        public var share: Int { readers > 0 ? (queues + readers - 1) / readers : queues }
    }

    /// A queue's state as its reader sees it.
    public struct Reading: Sendable, Equatable {
        /// Whose queue.
        public var customerID: UUID
        /// What is wrong with it; nil if nothing is.
        public var problem: String?
        /// The same in a word that programs know.
        public var problemCode: String?
        /// Seconds since it was last read; nil if it was not since the last report.
        public var secondsSinceRead: Double?

        /// Makes one from its parts.
        public init(
            customerID: UUID,
            problem: String?,
            problemCode: String? = nil,
            secondsSinceRead: Double?
        ) {
            self.customerID = customerID
            self.problem = problem
            self.problemCode = problemCode
            self.secondsSinceRead = secondsSinceRead
        }
    }

    static let isReadable: SQL =
        "c.status = 'active' AND c.sqs_queue_url IS NOT NULL AND c.aws_role_arn IS NOT NULL"

    let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Says that a scheduler is alive, and counts.
    ///
    /// - Parameters:
    ///   - holder: The scheduler; no two have the same name.
    ///   - duration: How long it counts unless it says so again.
    /// - Returns: The counts.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func register(_ holder: String, for duration: Duration) async throws -> Census {
        _ = try await pool.execute(
            """
            INSERT INTO event_queue_readers (holder, seen_until) VALUES (\(holder), \(fragment: Self.end(duration)))
            ON CONFLICT (holder) DO UPDATE SET seen_until = excluded.seen_until
            """
        )
        let rows = try await pool.query(
            """
            WITH gone AS (DELETE FROM event_queue_readers WHERE seen_until < clock_timestamp() - interval '1 hour')
            SELECT (SELECT count(*) FROM event_queue_readers WHERE seen_until > clock_timestamp()) AS readers,
                (SELECT count(*) FROM customers c WHERE \(fragment: Self.isReadable)) AS queues
            """
        )
        guard let row = rows.first else { return Census(queues: 0, readers: 1) }
        return Census(
            queues: Int(try row.decode("queues", as: Int64.self)),
            readers: Int(try row.decode("readers", as: Int64.self))
        )
    }

    /// Takes queues that nobody reads.
    ///
    /// - Parameters:
    ///   - limit: At most this many.
    ///   - holder: The scheduler.
    ///   - duration: How long they are its own unless it renews them.
    /// - Returns: Whose queues it has now.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func claim(_ limit: Int, for holder: String, _ duration: Duration) async throws -> [CustomerRecord]
    {
        guard limit > 0 else { return [] }
        let rows = try await pool.query(
            """
            WITH free AS (
                SELECT c.customer_id FROM customers c LEFT JOIN event_queue_leases l USING (customer_id)
                WHERE \(fragment: Self.isReadable) AND (l.customer_id IS NULL OR l.leased_until <= clock_timestamp())
                ORDER BY c.customer_id
                LIMIT \(limit)::int
                FOR NO KEY UPDATE OF c SKIP LOCKED
            ), taken AS (
                INSERT INTO event_queue_leases AS held (customer_id, holder, leased_until)
                SELECT customer_id, \(holder), \(fragment: Self.end(duration)) FROM free
                ON CONFLICT (customer_id) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
                    WHERE held.leased_until <= clock_timestamp()
                RETURNING customer_id
            )
            SELECT c.* FROM customers c JOIN taken USING (customer_id)
            """
        )
        return try rows.map(CustomerStore.customer)
    }

    /// Renews a scheduler's leases, and reports what it saw; the owner of a queue that cannot be read hears of it.
    ///
    /// - Parameters:
    ///   - readings: Of the queues it reads.
    ///   - holder: The scheduler.
    ///   - duration: How long they are its own from now on.
    /// - Returns: Whose queues are still its own, with what is now known of the customers; the others are somebody
    ///   else's, or not to be read any more.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func renew(
        _ readings: [Reading],
        for holder: String,
        _ duration: Duration
    ) async throws -> [CustomerRecord] {
        guard !readings.isEmpty else { return [] }
        return try await pool.withTransaction { connection in
            let kept = try await Self.renew(readings, for: holder, duration, on: connection)
            let troubled = readings.filter { $0.problem != nil }.map(\.customerID)
            try await Self.tellOwners(troubled, on: connection)
            return kept
        }
    }

    private static func renew(
        _ readings: [Reading],
        for holder: String,
        _ duration: Duration,
        on connection: PostgresConnection
    ) async throws -> [CustomerRecord] {
        let rows = try await connection.query(
            """
            WITH seen AS (
                SELECT * FROM unnest(
                    \(readings.map(\.customerID))::uuid[],
                    \(readings.map(\.problem))::text[],
                    \(readings.map(\.problemCode))::text[],
                    \(readings.map(\.secondsSinceRead))::double precision[]
                ) AS s (customer_id, problem, code, age)
            ), kept AS (
                UPDATE event_queue_leases l
                SET leased_until = CASE WHEN \(fragment: Self.isReadable) THEN \(fragment: Self.end(duration))
                                        ELSE clock_timestamp() END,
                    problem = s.problem,
                    problem_code = s.code,
                    problem_since = CASE WHEN s.problem IS NULL THEN NULL
                                         ELSE coalesce(l.problem_since, clock_timestamp()) END,
                    last_read_at = coalesce(clock_timestamp() - s.age * interval '1 second', l.last_read_at)
                FROM seen s JOIN customers c USING (customer_id)
                WHERE l.customer_id = s.customer_id AND l.holder = \(holder)
                RETURNING l.customer_id
            )
            SELECT c.* FROM customers c JOIN kept USING (customer_id) WHERE \(fragment: Self.isReadable)
            """
        )
        return try rows.map(CustomerStore.customer)
    }

    /// Gives queues back, for somebody else to read at once.
    ///
    /// - Parameters:
    ///   - customers: Whose queues; nil for all that the scheduler has, which then counts no more.
    ///   - holder: The scheduler.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func release(_ customers: [UUID]?, of holder: String) async throws {
        _ = try await pool.execute(
            """
            UPDATE event_queue_leases SET leased_until = clock_timestamp()
            WHERE holder = \(holder) AND leased_until > clock_timestamp()
              AND (\(customers == nil) OR customer_id = ANY (\(customers ?? [])::uuid[]))
            """
        )
        guard customers == nil else { return }
        _ = try await pool.execute("DELETE FROM event_queue_readers WHERE holder = \(holder)")
    }

    /// What is wrong with a customer's queue, as its reader last reported.
    ///
    /// - Returns: nil if nothing is, or nobody has read it yet.
    public func problem(of customer: UUID) async throws -> String? {
        let rows = try await pool.query(
            "SELECT problem FROM event_queue_leases WHERE customer_id = \(customer)"
        )
        return try rows.first.flatMap { try $0.decode("problem", as: String?.self) }
    }

    private static func end(_ duration: Duration) -> SQL {
        "clock_timestamp() + \(duration.seconds)::double precision * interval '1 second'"
    }
}
