import FoundationEssentials
import Hummingbird
import Logging

/// What is known of one request.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The client's `X-Request-Id`, or one of ours.
    var requestID: String
    /// Whose key it carries; nil before authentication.
    var caller: Caller?
    /// The client's W3C trace context, or one of ours.
    var traceparent: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        requestID = ""
    }

    /// The caller of an authenticated route.
    ///
    /// - Throws: ``APIError`` 401 on a route that forgot to authenticate.
    func authenticated() throws -> Caller {
        guard let caller else { throw APIError.unauthorized }
        return caller
    }
}
