internal import Cryptography

/// What a signature covers of a request.
package struct SignableRequest: Sendable {
    /// Upper case.
    package var method: String
    /// Unescaped; begins with a slash.
    package var path: String
    /// Names and values, unescaped, in any order.
    package var query: [(String, String)]
    /// Every field to sign; `Host` must be among them.
    package var headers: [(String, String)]
    /// SHA-256 of the body, in hexadecimal.
    package var payloadHash: String

    package init(
        method: String,
        path: String = "/",
        query: [(String, String)] = [],
        headers: [(String, String)],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        payloadHash = Hex.encode(SHA256Digest.hash(body))
    }

    /// The names of the signed fields: lower case, in order, separated by semicolons.
    package var signedHeaders: String { fields.map(\.name).joined(separator: ";") }

    /// The form that is hashed and signed.
    package var canonical: String {
        let lines = fields.map { "\($0.name):\($0.value)\n" }.joined()
        return [method, path.percentEncodedPath, canonicalQuery, lines, signedHeaders, payloadHash]
            .joined(separator: "\n")
    }

    /// Escaped, and in the order of escaped names, then values; a name without a value has an equals sign
    /// too.
    package var canonicalQuery: String {
        // By bytes: strings compare by characters, and a pair by its parts, as "a-b" comes before "a=".
        query.map { (Array($0.0.percentEncoded.utf8), Array($0.1.percentEncoded.utf8)) }
            .sorted { one, other in
                one.0 == other.0
                    ? one.1.lexicographicallyPrecedes(other.1) : one.0.lexicographicallyPrecedes(other.0)
            }
            .map { "\(String(decoding: $0.0, as: UTF8.self))=\(String(decoding: $0.1, as: UTF8.self))" }
            .joined(separator: "&")
    }

    /// Lower-case names in order; the values of repeated fields in the order given, joined by commas.
    private var fields: [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for (name, value) in headers { values[name.lowercased(), default: []].append(Self.collapsed(value)) }
        return values.map { ($0.key, $0.value.joined(separator: ",")) }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    /// Without white space at either end, and with one space for each run of it within.
    private static func collapsed(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " ")
    }
}
