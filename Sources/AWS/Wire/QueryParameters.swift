internal import FoundationEssentials

/// The parameters of a Query call, in the order given.
struct QueryParameters: Sendable {
    private var fields: [(name: String, value: String)] = []

    init() {}

    /// As a form: names and values escaped.
    var encoded: [UInt8] {
        Array(
            fields.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&").utf8
        )
    }

    mutating func append(_ other: QueryParameters) { fields += other.fields }

    mutating func set(_ name: String, _ value: String?) {
        if let value { fields.append((name, value)) }
    }

    mutating func set(_ name: String, _ value: Int?) { set(name, value.map { String($0) }) }

    mutating func set(_ name: String, _ value: Bool?) { set(name, value.map { $0 ? "true" : "false" }) }

    mutating func set(_ name: String, _ value: Date?) { set(name, value.map { UTCTime($0).iso8601 }) }

    /// A list: `Name.1`, `Name.2` ...
    mutating func set(_ name: String, _ values: [String]) {
        for (index, value) in values.enumerated() { set("\(name).\(index + 1)", value) }
    }

    /// A list of structures: calls back with each one's prefix, `Name.1.` ...
    mutating func set<Value>(
        _ name: String,
        _ values: [Value],
        _ add: (inout QueryParameters, String, Value) -> Void
    ) {
        for (index, value) in values.enumerated() { add(&self, "\(name).\(index + 1).", value) }
    }
}
