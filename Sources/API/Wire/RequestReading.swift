import FoundationEssentials
import Hummingbird
import Jobs
import NIOCore
import Store

/// How long bodies may be.
enum RequestBodyLimit {
    /// One job or registration: 256 KiB of parameters and what is around them.
    static let ordinary = 320 * 1024
    /// A thousand jobs.
    static let batch = 32 * 1024 * 1024
}

extension Request {
    /// The body, whole.
    ///
    /// - Throws: ``APIError`` 413 if it is longer than the limit.
    func bytes(limit: Int = RequestBodyLimit.ordinary) async throws -> [UInt8] {
        do {
            let buffer = try await body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIError.tooLarge(limit: limit)
        }
    }

    /// The body as JSON.
    func decoded<Body: Decodable>(_ type: Body.Type, limit: Int = RequestBodyLimit.ordinary) async throws
        -> Body
    {
        try JSONWire.decode(type, from: try await bytes(limit: limit))
    }

    /// The body as JSON that may have no other fields than its own.
    func decoded<Body: StrictBody>(
        _ type: Body.Type,
        limit: Int = RequestBodyLimit.ordinary
    ) async throws -> Body {
        try JSONWire.decode(type, from: try await bytes(limit: limit))
    }

    /// One query parameter; nil if it is absent or empty.
    func query(_ name: String) -> String? {
        // A NUL cannot be in anything we hold, and PostgreSQL takes none.
        let value = uri.queryParameters[name[...]].map { String($0.filter { $0 != "\0" }) }
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A whole number among the query parameters.
    func query(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
        guard let text = query(name) else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            throw APIError.invalid(
                name,
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// A UUID among the query parameters.
    func queryID(_ name: String) throws -> UUID? {
        guard let text = query(name) else { return nil }
        guard let id = UUID(uuidString: text) else { throw APIError.invalid(name, "must be a UUID") }
        return id
    }

    /// A time among the query parameters.
    func queryTime(_ name: String) throws -> Date? {
        guard let text = query(name) else { return nil }
        guard let date = Date(rfc3339: text) else {
            throw APIError.invalid(name, "must be a time such as 2026-01-31T12:00:00Z")
        }
        return date
    }
}

extension APIContext {
    /// The UUID in the path.
    ///
    /// - Throws: ``APIError`` 404: what is no UUID names nothing.
    func pathID(_ what: String) throws -> UUID {
        guard let text = parameters.get("id"), let id = UUID(uuidString: text) else {
            throw APIError.notFound(what)
        }
        return id
    }

    /// The queue in the path.
    ///
    /// - Throws: ``APIError`` 404 if there is none of this name.
    func queueName() throws -> String {
        let name = parameters.get("queue") ?? ""
        guard JobType(rawValue: name) != nil else { throw APIError.notFound("queue") }
        return name
    }
}
