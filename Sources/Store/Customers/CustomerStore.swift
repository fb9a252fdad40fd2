public import FoundationEssentials
public import Postgres

/// The customers.
public struct CustomerStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Adds a customer.
    public func insert(_ customer: CustomerRecord) async throws {
        try await pool.withConnection { try await Self.insert(customer, on: $0) }
    }

    static func insert(_ customer: CustomerRecord, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            """
            INSERT INTO customers (customer_id, company_name, email, aws_role_arn, sqs_queue_url, aws_account_id,
                external_id, status)
            VALUES (\(customer.id), \(customer.companyName), \(customer.email), \(customer.awsRoleARN),
                \(customer.sqsQueueURL), \(customer.awsAccountID), \(customer.externalID), \(customer.status))
            """
        )
    }

    /// Writes a customer's fields, all but external id and status.
    ///
    /// - Returns: The customer as it is now; nil if there is none with this id.
    public func update(_ customer: CustomerRecord) async throws -> CustomerRecord? {
        let rows = try await pool.query(
            """
            UPDATE customers SET company_name = \(customer.companyName), email = \(customer.email),
                aws_role_arn = \(customer.awsRoleARN), sqs_queue_url = \(customer.sqsQueueURL),
                aws_account_id = \(customer.awsAccountID), updated_at = now()
            WHERE customer_id = \(customer.id)
            RETURNING *
            """
        )
        return try rows.first.map(Self.customer)
    }

    /// Finds one customer.
    ///
    /// - Returns: nil if there is none with this id.
    public func find(_ id: UUID) async throws -> CustomerRecord? {
        let rows = try await pool.query("SELECT * FROM customers WHERE customer_id = \(id)")
        return try rows.first.map(Self.customer)
    }

    /// Lists customers in the order they came.
    ///
    /// - Parameters:
    ///   - only: Only this one, for a caller bound to it.
    ///   - cursor: The id of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found, in order.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func list(only: UUID?, after cursor: UUID?, limit: Int) async throws -> [CustomerRecord] {
        let rows = try await pool.query(
            """
            SELECT * FROM customers
            WHERE (\(only)::uuid IS NULL OR customer_id = \(only)::uuid)
              AND (\(cursor)::uuid IS NULL OR customer_id > \(cursor)::uuid)
            ORDER BY customer_id LIMIT \(limit)::int
            """
        )
        return try rows.map(Self.customer)
    }

    static func customer(_ row: PostgresRow) throws -> CustomerRecord {
        CustomerRecord(
            id: try row.decode("customer_id"),
            companyName: try row.decode("company_name"),
            email: try row.decode("email"),
            awsRoleARN: try row.decode("aws_role_arn"),
            sqsQueueURL: try row.decode("sqs_queue_url"),
            awsAccountID: try row.decode("aws_account_id"),
            externalID: try row.decode("external_id"),
            status: try row.decode("status"),
            createdAt: try row.decode("created_at"),
            updatedAt: try row.decode("updated_at")
        )
    }
}
