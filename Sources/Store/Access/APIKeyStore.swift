public import FoundationEssentials
public import Postgres

/// An API key as it is kept: without the key.
public struct APIKeyRecord: Sendable, Equatable {
    /// What a key may do; each scope includes the ones before it.
    public enum Scope: String, Sendable, CaseIterable, Comparable {
        /// Look.
        case read
        /// Submit jobs.
        case submit
        /// Pause, retry, cancel.
        case operate
        /// Register customers and clusters, make keys.
        case admin

        /// Whether the left scope allows less than the right one.
        public static func < (left: Scope, right: Scope) -> Bool {
            left.rank < right.rank
        }

        private var rank: Int {
            switch self {
            case .read: 0
            case .submit: 1
            case .operate: 2
            case .admin: 3
            }
        }
    }

    /// UUIDv7.
    public var id: UUID
    /// What people call it; recorded as `submitted_by`.
    public var name: String
    /// The first characters of the key, to recognise it by.
    public var prefix: String
    /// What it may do.
    public var scope: Scope
    /// The only customer it sees; nil for all.
    public var customerID: UUID?
    /// When it was made.
    public var createdAt: Date
    /// When it stopped working.
    public var revokedAt: Date?
}

/// The API keys.
///
/// Only their hashes are here.
public struct APIKeyStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Adds a key by its hash.
    ///
    /// - Parameters:
    ///   - name: What people call it.
    ///   - prefix: Its first characters.
    ///   - hash: SHA-256 of the whole key.
    ///   - scope: What it may do.
    ///   - customerID: The only customer it sees.
    /// - Returns: The record; the existing one if this very key is there already.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func insert(
        name: String,
        prefix: String,
        hash: [UInt8],
        scope: APIKeyRecord.Scope,
        customerID: UUID?
    ) async throws -> APIKeyRecord {
        _ = try await pool.execute(
            """
            INSERT INTO api_keys (key_id, name, key_prefix, key_hash, scope, customer_id)
            VALUES (\(UUID.version7()), \(name), \(prefix), \(hash), \(scope.rawValue), \(customerID))
            ON CONFLICT (key_hash) DO NOTHING
            """
        )
        guard let record = try await find(hash: hash) else { throw APIKeyStoreError.vanished }
        return record
    }

    /// Finds a key by its hash, revoked or not.
    public func find(hash: [UInt8]) async throws -> APIKeyRecord? {
        let rows = try await pool.query("SELECT * FROM api_keys WHERE key_hash = \(hash)")
        return try rows.first.map(Self.key)
    }

    /// Lists all keys in the order they were made.
    public func list() async throws -> [APIKeyRecord] {
        try await pool.query("SELECT * FROM api_keys ORDER BY key_id").map(Self.key)
    }

    /// Stops a key from working.
    ///
    /// - Returns: False if there is none, or it was revoked before.
    public func revoke(_ id: UUID) async throws -> Bool {
        try await pool.execute(
            "UPDATE api_keys SET revoked_at = now() WHERE key_id = \(id) AND revoked_at IS NULL"
        ) > 0
    }

    private static func key(_ row: PostgresRow) throws -> APIKeyRecord {
        APIKeyRecord(
            id: try row.decode("key_id"),
            name: try row.decode("name"),
            prefix: try row.decode("key_prefix"),
            // The table's check allows only the words of the enum; the least is the safe reading of any other.
            scope: APIKeyRecord.Scope(rawValue: try row.decode("scope")) ?? .read,
            customerID: try row.decode("customer_id"),
            createdAt: try row.decode("created_at"),
            revokedAt: try row.decode("revoked_at")
        )
    }
}

/// A key could not be kept.
public enum APIKeyStoreError: Error {
    /// It was removed while it was added.
    case vanished
}
