import FoundationEssentials
import HTTPTypes
import Hummingbird
import Store

/// JSON as the contract writes it: snake_case, times in RFC 3339 UTC.
enum JSONWire {
    /// Makes an answer.
    static func response(
        _ body: some Encodable,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.rfc3339)
        }
        return response(text: Array(try encoder.encode(body)), status: status, headers: headers)
    }

    /// Reads a body.
    ///
    /// - Throws: ``APIError`` naming the field that is missing or of the wrong type.
    static func decode<Body: Decodable>(_ type: Body.Type, from bytes: [UInt8]) throws -> Body {
        // Foundation takes more than JSON, such as `[1,]`; every route takes the same.
        _ = try value(from: bytes)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let date = Date(rfc3339: text) else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "must be a time such as 2026-01-31T12:00:00Z"
                    )
                )
            }
            return date
        }
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw Self.explained(error)
        }
    }

    /// Reads a body that may have no other fields than its own.
    static func decode<Body: StrictBody>(_ type: Body.Type, from bytes: [UInt8]) throws -> Body {
        try decode(Strict<Body>.self, from: bytes).body
    }

    private static func explained(_ error: DecodingError) -> APIError {
        switch error {
        case .keyNotFound(let key, let context): .invalid(path(context.codingPath + [key]), "is required")
        case .typeMismatch(let type, let context):
            .invalid(path(context.codingPath), "must be \(name(of: type))")
        case .valueNotFound(let type, let context):
            .invalid(path(context.codingPath), "must be \(name(of: type)), not null")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            .invalid("body", "is not valid JSON")
        case .dataCorrupted(let context): .invalid(path(context.codingPath), context.debugDescription)
        @unknown default: .invalid("body", "could not be read")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        guard !keys.isEmpty else { return "body" }
        return keys.map { $0.intValue.map { "[\($0)]" } ?? snakeCase($0.stringValue) }.joined(separator: ".")
    }

    /// The name as the client wrote it.
    static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character.isUppercase { text += "_" }
            text += character.lowercased()
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is String.Type, is Date.Type: "a string"
        case is Bool.Type: "true or false"
        case is Int.Type, is Int64.Type: "a whole number"
        case is Double.Type: "a number"
        case is UUID.Type: "a UUID"
        case is [Any].Type: "an array"
        default: "an object"
        }
    }
}
