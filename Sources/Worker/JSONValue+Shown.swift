import FoundationEssentials
import Store

extension JSONValue {
    /// A value as outcomes and events show it: names in snake case, times as RFC 3339 has them.
    init(shown value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.rfc3339)
        }
        try self.init(parsing: Array(try encoder.encode(value)))
    }
}
