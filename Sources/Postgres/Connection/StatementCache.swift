/// The statements a connection has prepared, by text and parameter types; the least recently used leaves first.
struct StatementCache {
    struct Key: Hashable {
        let text: String
        let types: [PostgresType]
    }

    struct Statement {
        let name: String
        let layout: ColumnLayout
        let isBinary: Bool
    }

    private struct Entry {
        let statement: Statement
        var lastUse: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private let capacity: Int
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { entries.count }

    /// A name never used before on this connection.
    mutating func makeName() -> String {
        names += 1
        return "s\(names)"
    }

    mutating func find(_ key: Key) -> Statement? {
        guard let index = entries.index(forKey: key) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].statement
    }

    /// Keeps a statement.
    ///
    /// - Returns: The name of the one that had to leave, for the server to forget too.
    mutating func insert(_ statement: Statement, for key: Key) -> String? {
        var evicted: String?
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            evicted = oldest.value.statement.name
            entries[oldest.key] = nil
        }
        uses += 1
        entries[key] = Entry(statement: statement, lastUse: uses)
        return evicted
    }

    mutating func remove(_ key: Key) -> String? {
        entries.removeValue(forKey: key)?.statement.name
    }
}
