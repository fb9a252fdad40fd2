/// The W3C trace context of the present task, carried by every request it makes.
public enum HTTPTrace {
    /// The `traceparent` header; a request that has one already keeps its own.
    @TaskLocal public static var traceparent: String?

    static func added(to request: HTTPRequest) -> HTTPRequest {
        guard let traceparent, !request.headers.contains(where: { HTTPHeaders.areEqual($0.0, "traceparent") })
        else { return request }
        var request = request
        request.headers.append(("traceparent", traceparent))
        return request
    }
}
