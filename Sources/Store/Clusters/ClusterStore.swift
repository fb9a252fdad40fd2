public import Cryptography
public import FoundationEssentials
public import Postgres

/// The clusters.
///
/// Tokens go in sealed and come out only by ``credentials(of:)``.
public struct ClusterStore: Sendable {
    let pool: PostgresPool
    private let keyring: SealingKeyring

    /// - Parameters:
    ///   - pool: Connections to the database.
    ///   - keyring: Seals and opens tokens.
    public init(pool: PostgresPool, keyring: SealingKeyring) {
        self.pool = pool
        self.keyring = keyring
    }

    /// Adds a cluster, and its customer if that is new, both or neither.
    ///
    /// - Parameters:
    ///   - registration: The cluster.
    ///   - customer: A customer to add first.
    /// - Throws: ``ClusterStoreError``; `PostgresError`; `CryptographyError`.
    public func register(_ registration: ClusterRegistration, with customer: CustomerRecord?) async throws {
        let sealed = try registration.token.map { try seal($0, for: registration.id) }
        do {
            try await pool.withTransaction { connection in
                try await Self.insert(registration, sealed: sealed, with: customer, on: connection)
            }
        } catch {
            throw Self.explained(error)
        }
    }

    private static func insert(
        _ registration: ClusterRegistration,
        sealed: [UInt8]?,
        with customer: CustomerRecord?,
        on connection: PostgresConnection
    ) async throws {
        if let customer { try await CustomerStore.insert(customer, on: connection) }
        _ = try await connection.execute(
            """
            INSERT INTO clusters (cluster_id, customer_id, cluster_name, k8s_api_endpoint, k8s_ca_data,
                k8s_token_sealed, k8s_token_expires_at, region, aws_account_id, eks_cluster_name, launch_template_id)
            VALUES (\(registration.id), \(registration.customerID), \(registration.name),
                \(registration.apiEndpoint), \(registration.certificateAuthority), \(sealed),
                \(registration.tokenExpiresAt), \(registration.region), \(registration.awsAccountID),
                \(registration.eksClusterName), \(registration.launchTemplateID))
            """
        )
    }

    /// Changes a registration.
    ///
    /// A new token, or another way to sign in, makes a cluster with an expired one active again.
    ///
    /// - Returns: The cluster as it is now; nil if there is none.
    /// - Throws: ``ClusterStoreError``; `PostgresError`; `CryptographyError`.
    public func update(_ id: UUID, by change: ClusterChange) async throws -> ClusterRecord? {
        let sealed = try change.token.map { try seal($0, for: id) }
        let replacesToken = sealed != nil || change.dropsToken
        do {
            _ = try await pool.execute(
                """
                UPDATE clusters SET
                    cluster_name = coalesce(\(change.name)::text, cluster_name),
                    k8s_api_endpoint = coalesce(\(change.apiEndpoint)::text, k8s_api_endpoint),
                    k8s_ca_data = coalesce(\(change.certificateAuthority)::text, k8s_ca_data),
                    k8s_token_expires_at = CASE WHEN \(replacesToken)::bool THEN \(change.tokenExpiresAt)::timestamptz
                        ELSE k8s_token_expires_at END,
                    k8s_token_sealed = CASE WHEN \(replacesToken)::bool THEN \(sealed)::bytea ELSE k8s_token_sealed END,
                    eks_cluster_name = coalesce(\(change.eksClusterName)::text, eks_cluster_name),
                    region = coalesce(\(change.region)::text, region),
                    launch_template_id = coalesce(\(change.launchTemplateID)::text, launch_template_id),
                    status = coalesce(\(change.status?.rawValue)::text,
                        CASE WHEN \(replacesToken)::bool AND status = 'credential_expired'
                            THEN 'active' ELSE status END),
                    updated_at = now()
                WHERE cluster_id = \(id) AND deleted_at IS NULL
                """
            )
        } catch {
            throw Self.explained(error)
        }
        return try await find(id)
    }

    /// Takes a cluster out of service and forgets its token; its history stays.
    ///
    /// - Returns: False if there is none.
    public func delete(_ id: UUID) async throws -> Bool {
        let count = try await pool.execute(
            """
            UPDATE clusters SET status = 'deleted', k8s_token_sealed = ''::bytea, deleted_at = now(), updated_at = now()
            WHERE cluster_id = \(id) AND deleted_at IS NULL
            """
        )
        return count > 0
    }

    /// Finds one cluster that is not deleted.
    public func find(_ id: UUID) async throws -> ClusterRecord? {
        let rows = try await pool.query(
            "SELECT \(unescaped: Self.columns) FROM clusters WHERE cluster_id = \(id) AND deleted_at IS NULL"
        )
        return try rows.first.map(Self.cluster)
    }

    /// Lists clusters in the order they came, without the deleted ones.
    ///
    /// - Parameters:
    ///   - customer: Only of this customer.
    ///   - cursor: The id of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found, in order.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func list(of customer: UUID?, after cursor: UUID?, limit: Int) async throws -> [ClusterRecord] {
        let rows = try await pool.query(
            """
            SELECT \(unescaped: Self.columns) FROM clusters
            WHERE deleted_at IS NULL
              AND (\(customer)::uuid IS NULL OR customer_id = \(customer)::uuid)
              AND (\(cursor)::uuid IS NULL OR cluster_id > \(cursor)::uuid)
            ORDER BY cluster_id LIMIT \(limit)::int
            """
        )
        return try rows.map(Self.cluster)
    }

    /// Lists the clusters the clock works for, with their customers.
    public func active() async throws -> [(cluster: UUID, customer: UUID)] {
        let rows = try await pool.query(
            """
            SELECT c.cluster_id, c.customer_id FROM clusters c JOIN customers u USING (customer_id)
            WHERE c.status = 'active' AND u.status = 'active' ORDER BY c.cluster_id
            """
        )
        return try rows.map { (cluster: try $0.decode("cluster_id"), customer: try $0.decode("customer_id")) }
    }

    /// Opens what it takes to talk to a cluster.
    ///
    /// - Returns: nil if the cluster is deleted or unknown.
    /// - Throws: `CryptographyError` if the master key that sealed the token is not in the keyring.
    public func credentials(of id: UUID) async throws -> ClusterCredentials? {
        let rows = try await pool.query(
            """
            SELECT k8s_api_endpoint, k8s_ca_data, k8s_token_sealed, region, eks_cluster_name, customer_id,
                aws_role_arn, external_id
            FROM clusters JOIN customers USING (customer_id)
            WHERE cluster_id = \(id) AND deleted_at IS NULL
            """
        )
        guard let row = rows.first else { return nil }
        return ClusterCredentials(
            apiEndpoint: try row.decode("k8s_api_endpoint"),
            certificateAuthority: try row.decode("k8s_ca_data"),
            secret: try secret(in: row, of: id)
        )
    }

    private func secret(in row: PostgresRow, of id: UUID) throws -> ClusterCredentials.Secret {
        if let sealed = try row.decode("k8s_token_sealed", as: [UInt8]?.self) {
            let token = try keyring.open(sealed, associatedData: Self.associatedData(of: id))
            return .token(String(decoding: token, as: UTF8.self))
        }
        return .eks(
            EKSAccess(
                customerID: try row.decode("customer_id"),
                roleARN: try row.decode("aws_role_arn"),
                externalID: try row.decode("external_id"),
                region: try row.decode("region"),
                clusterName: try row.decode("eks_cluster_name")
            )
        )
    }

    /// Notes that a cluster's token was refused, so that nothing asks again until it gets a new one; its owner is told.
    public func credentialRefused(_ id: UUID, reason: String) async throws {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE clusters SET status = 'credential_expired', health = 'RED', health_reason = \(reason),
                    updated_at = now()
                WHERE cluster_id = \(id) AND status = 'active'
                RETURNING customer_id, cluster_name, updated_at
                """
            )
            let events = try rows.map { row in
                NotificationEvent.credentialRefused(
                    cluster: id,
                    name: try row.decode("cluster_name"),
                    of: try row.decode("customer_id"),
                    reason: reason,
                    at: try row.decode("updated_at")
                )
            }
            try await NotificationOutbox.record(events, on: connection)
        }
    }

    /// Notes that a cluster could not be looked at.
    public func unhealthy(_ id: UUID, health: ClusterRecord.Health, reason: String) async throws {
        _ = try await pool.execute(
            """
            UPDATE clusters SET health = \(health.rawValue), health_reason = \(reason)
            WHERE cluster_id = \(id) AND deleted_at IS NULL
            """
        )
    }

    private static let columns: StaticString = """
        cluster_id, customer_id, cluster_name, k8s_api_endpoint, k8s_ca_data, k8s_token_expires_at, \
        k8s_token_sealed IS NULL AS has_no_token, region, \
        aws_account_id, eks_cluster_name, launch_template_id, status, health, health_reason, node_count, \
        estimated_cost_per_hour::text AS cost, unpriced_nodes, latest_metrics, last_collected_at, created_at, updated_at
        """

    private static func explained(_ error: any Error) -> any Error {
        (error as? PostgresError)?.constraint == "clusters_name_unique" ? ClusterStoreError.nameTaken : error
    }

    private func seal(_ token: String, for cluster: UUID) throws -> [UInt8] {
        try keyring.seal(Array(token.utf8), associatedData: Self.associatedData(of: cluster))
    }

    /// Binds a sealed token to its row: copied to another cluster it does not open.
    private static func associatedData(of cluster: UUID) -> [UInt8] {
        Array("clusters.k8s_token:".utf8) + cluster.bytes
    }

    private static func cluster(_ row: PostgresRow) throws -> ClusterRecord {
        ClusterRecord(
            id: try row.decode("cluster_id"),
            customerID: try row.decode("customer_id"),
            name: try row.decode("cluster_name"),
            apiEndpoint: try row.decode("k8s_api_endpoint"),
            certificateAuthority: try row.decode("k8s_ca_data"),
            signIn: try row.decode("has_no_token") ? .eks : .token,
            tokenExpiresAt: try row.decode("k8s_token_expires_at"),
            region: try row.decode("region"),
            awsAccountID: try row.decode("aws_account_id"),
            eksClusterName: try row.decode("eks_cluster_name"),
            launchTemplateID: try row.decode("launch_template_id"),
            status: ClusterRecord.Status(rawValue: try row.decode("status")) ?? .paused,
            health: ClusterRecord.Health(rawValue: try row.decode("health")) ?? .unknown,
            healthReason: try row.decode("health_reason"),
            nodeCount: Int(try row.decode("node_count", as: Int32.self)),
            estimatedCostPerHour: try row.decode("cost"),
            unpricedNodes: try row.decode("unpriced_nodes", as: Int32?.self).map(Int.init),
            latestMetrics: try row.decode("latest_metrics", as: PostgresJSON?.self)?.bytes,
            lastCollectedAt: try row.decode("last_collected_at"),
            createdAt: try row.decode("created_at"),
            updatedAt: try row.decode("updated_at")
        )
    }
}

/// A cluster could not be kept.
public enum ClusterStoreError: Error, Equatable {
    /// The customer has another cluster of this name.
    case nameTaken
}
