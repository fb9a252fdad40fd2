import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Store

/// An answer of the API, its body read as JSON.
struct Answer {
    let status: Int
    private let headers: HTTPFields
    let text: String

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        text = String(buffer: response.body)
    }

    /// A header field.
    func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }

    /// The body as a value; nil if it is no JSON.
    var json: JSONValue? { try? JSONValue(parsing: Array(text.utf8)) }

    /// The value at a path of members; nil if it is not there, unlike null.
    subscript(path: String...) -> JSONValue? {
        var value = try? JSONValue(parsing: Array(text.utf8))
        for name in path { value = value?.members?[name] }
        return value
    }

    /// The text at a path of members.
    func string(_ path: String...) -> String? {
        var value = try? JSONValue(parsing: Array(text.utf8))
        for name in path { value = value?.members?[name] }
        guard case .string(let text)? = value else { return nil }
        return text
    }

    /// The array at a member.
    func array(_ name: String) -> [JSONValue]? {
        guard case .array(let values)? = self[name] else { return nil }
        return values
    }

    /// What the error says is wrong.
    var code: String? { string("error", "code") }
    /// Which field is wrong.
    var field: String? { string("error", "details", "field") }
}

extension JSONValue {
    /// A text member of an object.
    func string(_ name: String) -> String? {
        guard case .string(let text)? = members?[name] else { return nil }
        return text
    }
}
