internal import CCurl
internal import Glibc
internal import Logging
internal import Synchronization

/// Runs every transfer of a client on one thread, with one libcurl multi handle.
///
/// Created by the client, owned by its thread: no other thread touches it once ``run()`` has begun.
/// https://curl.se/libcurl/c/libcurl-multi.html
final class TransferEngine {
    private let configuration: HTTPClientConfiguration
    private let multi: UnsafeMutableRawPointer
    private let mailbox: Mailbox
    private let onStop: @Sendable () -> Void
    private let logger: Logger
    private var queue: TransferQueue<Transfer>
    private var active: [UnsafeMutableRawPointer: Transfer] = [:]
    private var lastSweep = ContinuousClock.now
    private var isStopping = false

    init(
        _ configuration: HTTPClientConfiguration,
        multi: UnsafeMutableRawPointer,
        mailbox: Mailbox,
        logger: Logger,
        onStop: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.multi = multi
        self.mailbox = mailbox
        self.logger = logger
        self.onStop = onStop
        queue = TransferQueue(
            maxActive: configuration.maxTransfers,
            maxActivePerOrigin: configuration.maxTransfersPerHost,
            maxWaiting: configuration.maxQueued
        )
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxCachedConnections)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maxConnectionsPerHost)
        ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    }

    /// Works until told to stop, then ends what is left and frees the multi handle.
    func run() {
        while !isStopping {
            mailbox.takeAll().forEach(handle)
            sweepQueue()
            startWaiting()
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            // Ended transfers make room, and a request that can't be started ends at once: look again.
            if finishEnded() { continue }
            curl_multi_poll(multi, nil, 0, queue.waitingCount > 0 ? 50 : 1000, nil)
        }
        stop()
    }

    private func handle(_ message: Mailbox.Message) {
        switch message {
        case .start(let transfer):
            if transfer.isCancelled.load(ordering: .relaxed) {
                end(transfer, .failure(.cancelled))
            } else if !queue.enqueue(transfer, origin: transfer.url.origin) {
                let message = "\(queue.waitingCount) requests are waiting already"
                end(transfer, .failure(HTTPClientError(.tooManyTransfers, message)))
            }
        case .cancel(let transfer):
            // One that has ended is known by its own flag; nothing is remembered about it here.
            guard !transfer.isFinished else { return }
            end(
                transfer,
                .failure(
                    HTTPClientError(.cancelled, "cancelled", wasSent: transfer.easy?.wasConnected ?? false)
                )
            )
        case .unpause(let transfer):
            if let easy = transfer.easy { curl_easy_pause(easy.raw, CURLPAUSE_CONT) }
        case .stop:
            isStopping = true
        }
    }

    private func startWaiting() {
        while let transfer = queue.next() {
            guard !transfer.isFinished else {
                queue.finished(origin: transfer.url.origin)
                continue
            }
            do throws(HTTPClientError) {
                let easy = try transfer.makeHandle(configuration)
                let code = curl_multi_add_handle(multi, easy.raw)
                guard code == CURLM_OK else {
                    throw HTTPClientError(.other, "libcurl: \(String(cString: curl_multi_strerror(code)))")
                }
                transfer.easy = easy
                active[easy.raw] = transfer
            } catch {
                queue.finished(origin: transfer.url.origin)
                end(transfer, .failure(error))
            }
        }
    }

    /// Ends transfers that waited too long, and forgets those that were cancelled while waiting.
    private func sweepQueue() {
        let now = ContinuousClock.now
        guard queue.waitingCount > 0, now - lastSweep >= .milliseconds(50) else { return }
        lastSweep = now
        for transfer in queue.remove(where: { $0.isFinished || $0.deadline <= now }) {
            end(
                transfer,
                .failure(HTTPClientError(.timedOut, "timed out while waiting for other requests to end"))
            )
        }
    }

    private func finishEnded() -> Bool {
        var hasEnded = false
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let raw = message.pointee.easy_handle,
                let transfer = active[raw], let easy = transfer.easy
            else { continue }
            hasEnded = true
            // The message dies with the handle's removal.
            let code = ccurl_message_result(message)
            if code == CURLE_OK {
                var body: [UInt8] = []
                swap(&body, &transfer.body)
                let response = HTTPResponse(
                    status: easy.status,
                    headers: HTTPHeaders(transfer.headers),
                    body: body,
                    httpVersion: easy.httpVersion,
                    remoteAddress: easy.remoteAddress
                )
                end(transfer, .success(response))
            } else {
                end(transfer, .failure(HTTPClientError(code, transfer, easy)))
            }
        }
        return hasEnded
    }

    /// The one way a transfer ends: out of libcurl, out of the table, and its waiter resumed.
    private func end(_ transfer: Transfer, _ result: Result<HTTPResponse, HTTPClientError>) {
        if let easy = transfer.easy, active.removeValue(forKey: easy.raw) != nil {
            curl_multi_remove_handle(multi, easy.raw)
            queue.finished(origin: transfer.url.origin)
        }
        if !transfer.isFinished { log(transfer, result) }
        transfer.finish(result)
    }

    private func stop() {
        let late = mailbox.close()
        let stopped = Result<HTTPResponse, HTTPClientError>.failure(.shutDown)
        for transfer in Array(active.values) { end(transfer, stopped) }
        for transfer in queue.remove(where: { _ in true }) { end(transfer, stopped) }
        for case .start(let transfer) in late { end(transfer, stopped) }
        curl_multi_cleanup(multi)
        onStop()
    }

    private func log(_ transfer: Transfer, _ result: Result<HTTPResponse, HTTPClientError>) {
        let origin = transfer.url.origin
        let method = transfer.request.method
        switch result {
        case .success(let response):
            logger.trace(
                "received http response",
                metadata: [
                    "http.method": "\(method)", "http.origin": "\(origin)",
                    "http.status": "\(response.status)",
                ]
            )
        case .failure(let error):
            logger.debug(
                "http request failed",
                metadata: ["http.method": "\(method)", "http.origin": "\(origin)", "error": "\(error)"]
            )
        }
    }
}

extension HTTPClientError {
    static let cancelled = HTTPClientError(.cancelled, "cancelled")
    static let shutDown = HTTPClientError(.shutDown, "the HTTP client was shut down")
}
