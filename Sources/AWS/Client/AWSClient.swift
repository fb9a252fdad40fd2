internal import HTTPClient
internal import Logging

/// Calls AWS with one set of credentials in one region.
///
/// Calls are repeated by the classes of their errors, within ``AWSRetrySettings`` and the caller's deadline.
/// What cannot succeed is never repeated: a wrong key or a lack of permission fails with its first answer.
///
/// ```swift
/// let client = AWSClient(region: region, account: "123456789012", credentials: role, runtime: runtime)
/// for try await page in client.ec2.instances(filters: [.tag("kubernetes.io/cluster/shop", "owned")]) { ... }
/// ```
///
/// ## Topics
/// ### Services
/// - ``ec2``
/// - ``sqs``
/// - ``sts``
/// - ``autoScaling``
/// ### Signing in to clusters
/// - ``eksToken(clusterName:withNewCredentials:)``
public struct AWSClient: Sendable {
    /// Where.
    public let region: AWSRegion
    /// Whose limits the calls count against; any name that is the same for the same account.
    public let account: String
    /// What all clients share.
    public let runtime: AWSRuntime
    /// Whose calls; `nil` for calls that are not signed.
    private let credentials: (any CredentialsProvider)?
    private var deadline: ContinuousClock.Instant?

    /// Makes a client; connects nowhere yet.
    public init(
        region: AWSRegion,
        account: String,
        credentials: (any CredentialsProvider)?,
        runtime: AWSRuntime
    ) {
        self.region = region
        self.account = account
        self.credentials = credentials
        self.runtime = runtime
    }

    /// Machines, volumes, prices.
    public var ec2: EC2 { EC2(client: self) }
    /// Queues.
    public var sqs: SQS { SQS(client: self) }
    /// Roles and identities.
    public var sts: STS { STS(client: self) }
    /// Groups of machines.
    public var autoScaling: AutoScaling { AutoScaling(client: self) }

    /// The same client, with every call ending at a deadline, pauses included.
    public func until(_ deadline: ContinuousClock.Instant) -> AWSClient {
        var client = self
        client.deadline = deadline
        return client
    }

    /// Makes a call, repeating as its errors allow.
    ///
    /// - Returns: The body of the 2xx answer.
    /// - Throws: ``AWSError`` of the last attempt.
    func execute(_ call: AWSCall) async throws(AWSError) -> [UInt8] {
        do throws(AWSError) {
            return try await attempts(call)
        } catch {
            throw error.of(call.name)
        }
    }

    private func attempts(_ call: AWSCall) async throws(AWSError) -> [UInt8] {
        let endpoint = try Endpoint(runtime.endpoints.url(of: call.service, in: region))
        let key = AWSLimits.Key(account: account, region: region, service: call.service)
        var attempt = 1
        var hasRenewed = false
        var hasSetClock = false
        while true {
            let current = try await currentCredentials()
            try await takeTurn(key)
            let error: AWSError
            do throws(AWSError) {
                let response = try await send(call, to: endpoint, current)
                if (200..<300).contains(response.status) {
                    runtime.limits.withLimit(key) { limit, now in limit.answered(at: now) }
                    return response.body
                }
                error = AWSError(response)
                note(error, key)
                if !hasSetClock, runtime.offsets.learn(from: response, error, host: endpoint.host) {
                    hasSetClock = true
                    continue
                }
                if !hasRenewed, error.code == .expiredCredentials, let current {
                    credentials?.discard(current)
                    hasRenewed = true
                    continue
                }
            } catch let failure {
                error = failure
            }
            let remaining = deadline.map { $0 - .now }
            guard
                let pause = runtime.retry.pause(
                    after: attempt,
                    error,
                    isRepeatable: call.isRepeatable,
                    remaining: remaining,
                    random: runtime.random()
                ),
                runtime.limits.withLimit(key, { limit, _ in limit.takeRetry() })
            else { throw error }
            runtime.logger.debug(
                "repeats a call",
                metadata: [
                    "aws.action": "\(call.name)", "aws.code": "\(error.rawCode ?? error.code.rawValue)",
                    "aws.attempt": "\(attempt)",
                ]
            )
            try await sleep(pause)
            attempt += 1
        }
    }

    /// A token for the API server of an EKS cluster in the client's region.
    ///
    /// It is made here; STS is asked at most for the credentials.
    ///
    /// - Parameters:
    ///   - clusterName: The name EKS knows the cluster by.
    ///   - isAnew: Whether also the credentials must be others than those kept, as after a refusal.
    /// - Returns: The token.
    /// - Throws: ``AWSError`` if there are no credentials to be had.
    public func eksToken(
        clusterName: String,
        withNewCredentials isAnew: Bool = false
    ) async throws(AWSError) -> EKSToken {
        if isAnew, let old = try await currentCredentials() { credentials?.discard(old) }
        guard let current = try await currentCredentials() else {
            throw AWSError(.noCredentials, "a token cannot be made without credentials")
        }
        let date = runtime.offsets.date(at: EKSToken.host(in: region))
        return EKSToken(clusterName: clusterName, region: region, credentials: current, at: date)
    }

    private func currentCredentials() async throws(AWSError) -> AWSCredentials? {
        guard let credentials else { return nil }
        return try await withDeadline(deadline) { () async throws(AWSError) in
            try await credentials.credentials()
        }
    }

    /// Waits for the account's limit; everybody who calls for it stands in the same line.
    private func takeTurn(_ key: AWSLimits.Key) async throws(AWSError) {
        let patience = deadline.map { ($0 - .now) / .seconds(1) } ?? runtime.retry.longestPause / .seconds(1)
        let wait = runtime.limits.withLimit(key) { limit, now in limit.acquire(at: now, patience: patience) }
        guard let wait else {
            throw AWSError(.throttled, "too many calls wait for this account's limit already")
        }
        guard wait > 0 else { return }
        do throws(AWSError) {
            try await sleep(.seconds(wait))
        } catch {
            runtime.limits.withLimit(key) { limit, _ in limit.giveBack() }
            throw error
        }
    }

    private func send(
        _ call: AWSCall,
        to endpoint: Endpoint,
        _ credentials: AWSCredentials?
    ) async throws(AWSError) -> HTTPResponse {
        let limit = runtime.retry.timeout + call.wait
        let timeout = min(limit, deadline.map { $0 - .now } ?? limit)
        guard timeout > .zero else { throw AWSError(.timedOut, "the deadline has passed") }
        var headers = [("Host", endpoint.host), ("Content-Type", call.contentType)] + call.headers
        if let credentials {
            let signature = SignatureV4(
                credentials: credentials,
                region: region.name,
                service: call.service.endpointPrefix
            )
            let signable = SignableRequest(
                method: "POST",
                path: endpoint.path,
                headers: headers,
                body: call.body
            )
            headers += signature.headers(for: signable, at: runtime.offsets.date(at: endpoint.host))
        }
        let request = HTTPRequest(
            method: "POST",
            url: endpoint.url,
            headers: headers,
            body: call.body,
            connectTimeout: min(.seconds(5), timeout),
            timeout: timeout,
            stallTimeout: timeout,
            bodyLimit: call.bodyLimit,
            isRepeatable: call.isRepeatable
        )
        do throws(HTTPClientError) {
            return try await runtime.http.execute(request)
        } catch {
            throw AWSError(error)
        }
    }

    private func note(_ error: AWSError, _ key: AWSLimits.Key) {
        runtime.limits.withLimit(key) { limit, now in
            switch error.code {
            case .throttled: limit.throttled(at: now)
            case .serverError, .timedOut: break
            default: limit.answered(at: now)
            }
        }
    }

    private func sleep(_ pause: Duration) async throws(AWSError) {
        do {
            try await runtime.clock.sleep(for: pause)
        } catch {
            throw AWSError(.cancelled, "cancelled while waiting to call")
        }
    }
}
