import Postgres

/// A transaction in which several stores write; of no use after its end.
public struct StoreTransaction {
    let connection: PostgresConnection
}
