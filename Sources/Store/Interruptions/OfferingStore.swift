import FoundationEssentials
public import Postgres

/// What AWS sells: a type in a zone, and how it is paid for.
public struct Offering: Sendable, Hashable {
    /// `spot` or `on-demand`.
    public var market: String
    /// As in `m5.large`.
    public var instanceType: String
    /// As in `us-east-1a`.
    public var zone: String

    /// Makes an offering.
    public init(market: String, instanceType: String, zone: String) {
        self.market = market
        self.instanceType = instanceType
        self.zone = zone
    }
}

/// What could not be had lately in an account, for all workers to know.
public struct OfferingStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// What is not to be asked for now.
    public func unavailable(account: String, region: String) async throws -> Set<Offering> {
        let rows = try await pool.query(
            """
            SELECT market, instance_type, zone FROM unavailable_offerings
            WHERE account_id = \(account) AND region = \(region) AND until > now()
            """
        )
        return try Set(
            rows.map { row in
                Offering(
                    market: try row.decode("market"),
                    instanceType: try row.decode("instance_type"),
                    zone: try row.decode("zone")
                )
            }
        )
    }

    /// Notes what could not be had.
    ///
    /// - Parameters:
    ///   - offerings: What.
    ///   - account: Whose account.
    ///   - region: Where.
    ///   - reason: AWS's code.
    ///   - duration: For how long it is not asked for.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func remember(
        _ offerings: Set<Offering>,
        account: String,
        region: String,
        reason: String,
        for duration: Duration
    ) async throws {
        guard !offerings.isEmpty else { return }
        let offerings = offerings.sorted { ($0.instanceType, $0.zone) < ($1.instanceType, $1.zone) }
        _ = try await pool.execute(
            """
            INSERT INTO unavailable_offerings (account_id, region, market, instance_type, zone, reason, until)
            SELECT \(account), \(region), o.market, o.type, o.zone, \(reason),
                now() + \(duration.seconds)::double precision * interval '1 second'
            FROM unnest(\(offerings.map(\.market))::text[], \(offerings.map(\.instanceType))::text[],
                \(offerings.map(\.zone))::text[]) AS o (market, type, zone)
            ON CONFLICT (account_id, region, market, instance_type, zone) DO UPDATE
                SET reason = excluded.reason, until = greatest(unavailable_offerings.until, excluded.until)
            """
        )
    }
}
