internal import CCurl
internal import Glibc
public import Logging
internal import Synchronization

/// An HTTP client for thousands of concurrent requests, on one thread.
///
/// Connections are kept and shared between requests of the same origin and the same trust. HTTP/2 is used where
/// the server offers it. Proxies of the environment, `.netrc`, cookies and redirects are not used unless a
/// request asks for them.
///
/// libcurl sends a request again, on a new connection, when a pooled connection turns out to have been closed
/// before any byte of the response: the usual race with a server's idle time-out.
///
/// ```swift
/// let http = HTTPClient(logger: logger)
/// let response = try await http.execute(HTTPRequest(url: "https://example.com/"))
/// ```
///
/// Releasing the last reference stops the thread, as ``shutdown()`` does.
public final class HTTPClient: Sendable {
    private let configuration: HTTPClientConfiguration
    private let mailbox: Mailbox
    private let stopped: StopSignal

    /// libcurl's global state, set up once per process and never torn down.
    private static let globalCode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// Starts the client's thread.
    ///
    /// - Parameters:
    ///   - configuration: Limits.
    ///   - logger: Gets one line per request at `trace`, failures at `debug`; never headers, queries or bodies.
    public init(configuration: HTTPClientConfiguration = .init(), logger: Logger) {
        Self.setUpLibcurl()
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
        self.configuration = configuration
        mailbox = Mailbox(multi: OpaquePointer(multi))
        let signal = StopSignal()
        stopped = signal
        let engine = TransferEngine(
            configuration,
            multi: multi,
            mailbox: mailbox,
            logger: logger,
            onStop: { signal.set() }
        )
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                ccurl_prepare_thread("http-client")
                Unmanaged<TransferEngine>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            Unmanaged.passRetained(engine).toOpaque()
        )
        precondition(code == 0, "pthread_create failed with \(code)")
        pthread_detach(thread)
    }

    deinit {
        mailbox.post(.stop)
    }

    /// Sets libcurl up, once per process.
    static func setUpLibcurl() {
        precondition(globalCode == CURLE_OK, "curl_global_init failed with \(globalCode)")
    }

    /// Sends a request and waits for the whole response.
    ///
    /// Cancelling the task ends the transfer.
    ///
    /// - Returns: The response, whatever its status.
    /// - Throws: ``HTTPClientError`` when there's no complete response within the request's limits.
    public func execute(_ request: HTTPRequest) async throws(HTTPClientError) -> HTTPResponse {
        let transfer = try start(request, isStreamed: false)
        return try await withTaskCancellationHandler {
            await result(of: transfer)
        } onCancel: {
            cancel(transfer)
        }.get()
    }

    /// Sends a request and hands over the response's body as it arrives.
    ///
    /// The server is held back while `onBody` works: little more than 256 KiB wait in between. The request's
    /// `timeout` counts on meanwhile, its `stallTimeout` doesn't.
    ///
    /// - Parameters:
    ///   - request: The request; its `bodyLimit` applies to the sum of the chunks.
    ///   - onBody: Called in order with the response's head and each non-empty chunk. Throwing ends the transfer.
    /// - Returns: The response, with an empty body.
    /// - Throws: ``HTTPClientError``, or what `onBody` threw.
    public func execute(
        _ request: HTTPRequest,
        onBody: (_ head: HTTPResponseHead, _ chunk: [UInt8]) async throws -> Void
    ) async throws -> HTTPResponse {
        let transfer = try start(request, isStreamed: true)
        return try await withTaskCancellationHandler {
            while true {
                switch await transfer.channel.next() {
                case .chunk(let head, let bytes, let engineIsPaused):
                    if engineIsPaused { mailbox.post(.unpause(transfer)) }
                    do {
                        try await onBody(head, bytes)
                    } catch {
                        cancel(transfer)
                        throw error
                    }
                case .end(let result):
                    return try result.get()
                }
            }
        } onCancel: {
            cancel(transfer)
        }
    }

    /// Ends every transfer with `shutDown`, closes the connections and waits for the thread to end.
    public func shutdown() async {
        mailbox.post(.stop)
        await stopped.wait()
    }

    private func start(_ request: HTTPRequest, isStreamed: Bool) throws(HTTPClientError) -> Transfer {
        let transfer = try Transfer(
            HTTPTrace.added(to: request),
            isStreamed: isStreamed,
            unacknowledgedTimeout: configuration.unacknowledgedTimeout
        )
        // Else the engine might send the request before it hears of the cancellation.
        guard !Task.isCancelled else { throw .cancelled }
        guard mailbox.post(.start(transfer)) else { throw .shutDown }
        return transfer
    }

    private func result(of transfer: Transfer) async -> Result<HTTPResponse, HTTPClientError> {
        while true {
            if case .end(let result) = await transfer.channel.next() { return result }
        }
    }

    private func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .relaxed)
        mailbox.post(.cancel(transfer))
    }
}
