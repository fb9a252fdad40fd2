/// What the applied migrations of a database say about it, compared with what this build knows.
public enum SchemaState: Sendable, Equatable, CustomStringConvertible {
    /// All known migrations are applied and none else.
    case current
    /// Some are missing; `cloudoptim migrate` applies them.
    case behind(missing: [String])
    /// Something is applied that this build does not know, or one differs from what was released.
    case unknown(reason: String)

    /// Compares applied with known migrations.
    ///
    /// - Parameters:
    ///   - applied: Version, name and checksum of each applied migration, oldest first.
    ///   - known: Title and checksum of each known migration, oldest first.
    init(applied: [AppliedMigration], known: [AppliedMigration]) {
        for (index, migration) in applied.enumerated() {
            guard index < known.count else {
                self = .unknown(reason: "\(migration.title) is applied, but this build does not know it")
                return
            }
            guard migration.title == known[index].title else {
                self = .unknown(
                    reason: "\(migration.title) is applied where \(known[index].title) is expected"
                )
                return
            }
            guard migration.checksum == known[index].checksum else {
                self = .unknown(reason: "\(migration.title) was changed after it was applied")
                return
            }
        }
        let missing = known.dropFirst(applied.count).map(\.title)
        self = missing.isEmpty ? .current : .behind(missing: Array(missing))
    }

    /// The state in words.
    public var description: String {
        switch self {
        case .current: "the schema is current"
        case .behind(let missing):
            "the schema lacks \(missing.joined(separator: ", ")): run `cloudoptim migrate`"
        case .unknown(let reason): "the schema is not this build's: \(reason)"
        }
    }
}

/// A migration as the database remembers it.
struct AppliedMigration: Sendable, Equatable {
    let title: String
    let checksum: String
}
