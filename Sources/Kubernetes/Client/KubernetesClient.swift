public import FoundationEssentials
public import HTTPClient

/// Calls to one cluster's API server.
///
/// Each call is tried as often as the ``RetrySettings`` say, except after answers that would be the same again
/// (401, 403, 404 ...). Redirects are refused, as they would take the token elsewhere.
///
/// ```swift
/// let client = KubernetesClient(endpoint: endpoint, http: http)
/// var usage = NodeUsage()
/// try await client.forEachPodPage(onRestart: { usage = NodeUsage() }) { usage.add($0) }
/// ```
///
/// ## Topics
/// ### Reading
/// - ``listNodes()``
/// - ``listNamespaces()``
/// - ``listPersistentVolumes()``
/// - ``listStorageClasses()``
/// - ``forEachPodPage(_:onRestart:_:)``
/// - ``nodeMetrics()``
/// - ``podMetrics()``
/// - ``serverVersion()``
/// - ``serverTime()``
/// - ``node(_:)``
/// - ``nodes(instanceIDs:)``
/// - ``pods(onNode:consistency:)``
/// - ``podDisruptionBudgets(namespace:)``
/// - ``daemonSetExists(namespace:name:)``
/// - ``volumeAttachments(onNode:)``
/// - ``volumeAttachmentExists(_:)``
/// - ``volumes(claimedBy:)``
/// - ``scale(of:)``
/// - ``horizontalPodAutoscalers(namespace:)``
/// - ``declarativeOwners(of:)``
/// ### Changing
/// - ``patchNode(_:_:)``
/// - ``evict(_:version:gracePeriodSeconds:)``
/// - ``deletePod(_:gracePeriodSeconds:)``
/// - ``setScale(of:replicas:resourceVersion:)``
public struct KubernetesClient: Sendable {
    /// The cluster.
    public let endpoint: KubernetesEndpoint
    /// How calls are repeated.
    public private(set) var retry: RetrySettings
    /// How many items a page may have.
    package var pageLimit = 500
    /// Answers larger than this are refused; 500 pods are usually a hundredth of it.
    package var bodyLimit = 128 << 20
    /// A number from 0 to 1 for each pause.
    package var random: @Sendable () -> Double = { .random(in: 0...1) }
    private var deadline: ContinuousClock.Instant?
    private let http: HTTPClient
    private let clock: any Clock<Duration>

    /// Makes a client; connects nowhere yet.
    ///
    /// - Parameters:
    ///   - endpoint: The cluster.
    ///   - http: Shared by all clusters: connections of different endpoints never mix.
    ///   - retry: How calls are repeated.
    ///   - clock: What pauses are slept by.
    public init(
        endpoint: KubernetesEndpoint,
        http: HTTPClient,
        retry: RetrySettings = RetrySettings(),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.endpoint = endpoint
        self.http = http
        self.retry = retry
        self.clock = clock
    }

    /// The same client, with every call ending at a deadline, pauses included.
    public func until(_ deadline: ContinuousClock.Instant) -> KubernetesClient {
        var client = self
        client.deadline = deadline
        return client
    }

    /// The same client, with other settings for repeating calls.
    public func retrying(_ retry: RetrySettings) -> KubernetesClient {
        var client = self
        client.retry = retry
        return client
    }

    /// The version of the API server; a good call to check that it is reached and trusted.
    public func serverVersion() async throws(KubernetesError) -> ServerVersion {
        try await Self.decode(ServerVersion.self, from: try await get("/version"))
    }

    /// What the server's clock shows, to the second; `nil` if it does not say.
    public func serverTime() async throws(KubernetesError) -> Date? {
        let response = try await answer(to: Call("GET", "/version"))
        return response.headers["Date"].flatMap(HTTPDate.date)
    }

    /// Gets a path, repeating as the settings allow.
    ///
    /// - Parameters:
    ///   - path: Begins with a slash; appended to the endpoint's own path.
    ///   - query: Names and values, still unescaped.
    ///   - isFinal: Whether an error must not be retried although it usually is.
    /// - Returns: The body of the 2xx answer.
    /// - Throws: ``KubernetesError`` of the last attempt.
    func get(
        _ path: String,
        query: [(String, String)] = [],
        isFinal: (KubernetesError) -> Bool = { _ in false }
    ) async throws(KubernetesError) -> [UInt8] {
        try await send(Call("GET", path, query: query), isFinal: isFinal)
    }

    /// Makes a call, repeating as the settings allow.
    ///
    /// - Parameters:
    ///   - call: What to send; it must be safe to repeat unless `isFinal` says always.
    ///   - isFinal: Whether an error must not be retried although it usually is.
    /// - Returns: The body of the 2xx answer.
    /// - Throws: ``KubernetesError`` of the last attempt.
    func send(
        _ call: Call,
        isFinal: (KubernetesError) -> Bool = { _ in false }
    ) async throws(KubernetesError) -> [UInt8] {
        try await answer(to: call, isFinal: isFinal).body
    }

    private func answer(
        to call: Call,
        isFinal: (KubernetesError) -> Bool = { _ in false }
    ) async throws(KubernetesError) -> HTTPResponse {
        let url = try url(call.path, call.query)
        var attempt = 1
        var hasRenewed = false
        while true {
            let token = try await token()
            do throws(KubernetesError) {
                return try await sendOnce(call, url, token)
            } catch {
                // A token may have ended on the way; one just made that is refused, too, says that nothing lets us in.
                if error.code == .unauthorized, !hasRenewed, case .tokens(let source) = endpoint.signIn {
                    source.discard(token)
                    hasRenewed = true
                    continue
                }
                let remaining = deadline.map { $0 - .now }
                guard !isFinal(error),
                    let pause = retry.pause(after: attempt, error, remaining: remaining, random: random())
                else { throw error }
                try await sleep(pause)
                attempt += 1
            }
        }
    }

    private func token() async throws(KubernetesError) -> KubernetesToken {
        switch endpoint.signIn {
        case .token(let token): return token
        case .tokens(let source): return try await source.token(by: deadline ?? .now + retry.timeout)
        }
    }

    private func sendOnce(
        _ call: Call,
        _ url: String,
        _ token: KubernetesToken
    ) async throws(KubernetesError) -> HTTPResponse {
        let remaining = deadline.map { $0 - .now } ?? retry.timeout
        guard remaining > .zero else { throw KubernetesError(.timedOut, "the deadline has passed") }
        let timeout = min(retry.timeout, remaining)
        let headers = [("Accept", "application/json"), ("Authorization", "Bearer \(token.secret)")]
        let request = HTTPRequest(
            method: call.method,
            url: url,
            headers: headers + (call.body == nil ? [] : [("Content-Type", call.contentType)]),
            body: call.body,
            trust: endpoint.certificateAuthorityPEM.map { .certificateAuthority(pem: $0) } ?? .system,
            connectTimeout: min(.seconds(5), timeout),
            timeout: timeout,
            stallTimeout: timeout,
            bodyLimit: bodyLimit,
            addressPolicy: endpoint.addressPolicy
        )
        let response: HTTPResponse
        do throws(HTTPClientError) {
            response = try await http.execute(request)
        } catch {
            throw KubernetesError(error)
        }
        switch response.status {
        case 200..<300: return response
        case 300..<400:
            let message =
                "the server answered with a redirect, which is refused because it would take the token along"
            throw KubernetesError(.invalidResponse, message, status: response.status)
        default: throw KubernetesError(response)
        }
    }

    private func sleep(_ pause: Duration) async throws(KubernetesError) {
        do {
            try await clock.sleep(for: pause)
        } catch {
            throw KubernetesError(.cancelled, "cancelled while waiting to try again")
        }
    }

    private func url(_ path: String, _ query: [(String, String)]) throws(KubernetesError) -> String {
        guard endpoint.serverURL.lowercased().hasPrefix("https://"),
            !endpoint.serverURL.contains(where: "?#".contains)
        else {
            throw KubernetesError(
                .invalidEndpoint,
                "the server's URL must be https, without query and fragment"
            )
        }
        var url = endpoint.serverURL
        while url.hasSuffix("/") { url.removeLast() }
        url += path
        for (index, (name, value)) in query.enumerated() {
            url += "\(index == 0 ? "?" : "&")\(name)=\(value.percentEncoded)"
        }
        return url
    }

    /// Decodes on the shared pool: a page of pods takes tens of milliseconds, which the caller may not have.
    @concurrent
    static func decode<Value: Decodable & Sendable>(
        _ type: Value.Type,
        from body: [UInt8]
    ) async throws(KubernetesError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            // The decoder's own words may quote the body.
            throw KubernetesError(
                .invalidResponse,
                "the server's answer isn't the expected \(type)",
                status: 200
            )
        }
    }
}

extension String {
    /// Escaped for a part of a path or a query: all but RFC 3986's unreserved characters.
    var percentEncoded: String {
        var result = ""
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }
}
