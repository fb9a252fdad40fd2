import FoundationEssentials
import Store

/// The members of a body that may have no others: a misspelt `priority` must not be taken for none.
///
/// For bodies that come so often that a decoder would be felt; the others are a ``StrictBody``. Both say the same of
/// what is wrong.
struct JSONFields {
    private let members: [String: JSONValue]

    /// - Parameters:
    ///   - value: The body.
    ///   - names: The members it may have; nil for any.
    /// - Throws: ``APIError`` if it is no object, or has others.
    init(_ value: JSONValue, named names: Set<String>?) throws(APIError) {
        guard case .object(let members) = value else { throw Self.wrong("body", "an object", value) }
        if let names, let unknown = members.keys.filter({ !names.contains($0) }).min() {
            let valid = names.sorted().joined(separator: ", ")
            throw .invalid(unknown, "is not a field of this body; valid: \(valid)")
        }
        self.members = members
    }

    /// A string that must be there.
    func required(_ name: String) throws(APIError) -> String {
        guard let value = members[name] else { throw .invalid(name, "is required") }
        guard case .string(let text) = value else { throw Self.wrong(name, "a string", value) }
        return text
    }

    /// A string; nil if it is absent or null, as everywhere below.
    func string(_ name: String) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { throw Self.wrong(name, "a string", value) }
        return text
    }

    /// A UUID.
    func uuid(_ name: String) throws(APIError) -> UUID? {
        guard let text = try string(name) else { return nil }
        guard let id = UUID(uuidString: text) else { throw .invalid(name, "must be a UUID") }
        return id
    }

    /// A time.
    func time(_ name: String) throws(APIError) -> Date? {
        guard let text = try string(name) else { return nil }
        guard let date = Date(rfc3339: text) else {
            throw .invalid(name, "must be a time such as 2026-01-31T12:00:00Z")
        }
        return date
    }

    /// A whole number.
    func integer(_ name: String) throws(APIError) -> Int? {
        guard let value = value(name) else { return nil }
        guard case .integer(let number) = value else { throw Self.wrong(name, "a whole number", value) }
        return Int(number)
    }

    /// true or false.
    func bool(_ name: String) throws(APIError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { throw Self.wrong(name, "true or false", value) }
        return flag
    }

    /// An object.
    func object(_ name: String) throws(APIError) -> [String: JSONValue]? {
        guard let value = value(name) else { return nil }
        guard case .object(let members) = value else { throw Self.wrong(name, "an object", value) }
        return members
    }

    /// An array that must be there.
    func requiredArray(_ name: String) throws(APIError) -> [JSONValue] {
        guard let value = members[name] else { throw .invalid(name, "is required") }
        guard case .array(let values) = value else { throw Self.wrong(name, "an array", value) }
        return values
    }

    /// Any value.
    func value(_ name: String) -> JSONValue? {
        members[name].flatMap { $0 == .null ? nil : $0 }
    }

    private static func wrong(_ name: String, _ kind: String, _ value: JSONValue) -> APIError {
        .invalid(name, value == .null ? "must be \(kind), not null" : "must be \(kind)")
    }
}
