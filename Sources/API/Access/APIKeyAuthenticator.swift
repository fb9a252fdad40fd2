import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Store
import Synchronization

/// Finds the caller by the hash of the key.
///
/// What was found is remembered for a few seconds, which is how long a revoked key may go on working.
final class APIKeyAuthenticator: Sendable {
    private static let remembered: Duration = .seconds(5)
    private static let maximumEntries = 10_000

    private struct Entry {
        let caller: Caller?
        let until: ContinuousClock.Instant
    }

    private let store: APIKeyStore
    private let entries = Mutex<[[UInt8]: Entry]>([:])

    init(store: APIKeyStore) {
        self.store = store
    }

    /// - Parameter key: As it was sent.
    /// - Returns: Whose key it is.
    /// - Throws: ``APIError`` 401.
    func caller(of key: String) async throws -> Caller {
        let hash = SHA256Digest.hash(key.utf8)
        let now = ContinuousClock.now
        let known = entries.withLock { $0[hash] }
        if let known, known.until > now {
            guard let caller = known.caller else { throw APIError.unauthorized }
            return caller
        }
        let record = try await store.find(hash: hash)
        let caller = record.flatMap { record in
            record.revokedAt == nil
                ? Caller(
                    keyID: record.id,
                    name: record.name,
                    scope: record.scope,
                    customerID: record.customerID
                ) : nil
        }
        entries.withLock { entries in
            // Guesses must not fill the memory.
            if entries.count >= Self.maximumEntries { entries.removeAll() }
            entries[hash] = Entry(caller: caller, until: now + Self.remembered)
        }
        guard let caller else { throw APIError.unauthorized }
        return caller
    }
}

/// Lets only requests with a valid key through, and not too many of one key.
struct AuthenticationMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let authenticator: APIKeyAuthenticator
    let limiter: RateLimiter

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let key = Self.key(of: request) else { throw APIError.unauthorized }
        let caller = try await authenticator.caller(of: key)
        try limiter.admit(caller.keyID)
        var context = context
        context.caller = caller
        context.logger[metadataKey: "api_key.name"] = "\(caller.name)"
        return try await next(request, context)
    }

    /// `X-API-Key`, or a bearer token, which is what Prometheus can send.
    private static func key(of request: Request) -> String? {
        if let key = request.headers[.apiKey], !key.isEmpty { return key }
        guard let value = request.headers[.authorization], value.lowercased().hasPrefix("bearer ") else {
            return nil
        }
        let key = value.dropFirst("bearer ".count).trimmingPrefix { $0 == " " }
        return key.isEmpty ? nil : String(key)
    }
}
