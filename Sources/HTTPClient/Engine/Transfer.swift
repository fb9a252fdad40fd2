internal import CCurl
internal import Synchronization

/// One request on its way, and what has come of it.
///
/// `@unchecked Sendable`: the variables are touched by the engine's thread only (libcurl's callbacks run on it
/// too); everything else is immutable or synchronised.
final class Transfer: @unchecked Sendable {
    let request: HTTPRequest
    let url: RequestURL
    let isStreamed: Bool
    let deadline: ContinuousClock.Instant
    /// How long bytes may stay unacknowledged before a connection this transfer opens counts as dead.
    let unacknowledgedMilliseconds: UInt32
    let channel = ResponseChannel()
    /// Set by any thread before it tells the engine, so that a transfer not yet submitted is not started.
    let isCancelled = Atomic(false)

    var easy: EasyHandle?
    var isFinished = false
    var body: [UInt8] = []
    var receivedBytes = 0
    var headers: [(name: String, value: String)] = []
    var headerBytes = 0
    var refusedAddress: IPAddress?
    var exceededLimit: String?

    /// Headers take at most this much, as a server could send them for ever.
    static let headerLimit = 256 << 10

    init(
        _ request: HTTPRequest,
        isStreamed: Bool,
        unacknowledgedTimeout: Duration
    ) throws(HTTPClientError) {
        try request.validateFields()
        url = try RequestURL(request.url)
        if request.addressPolicy == .publicOnly, let address = IPAddress(url.host), !address.isPublic {
            throw HTTPClientError(.addressRefused, "\(address) is not an address of the public internet")
        }
        self.request = request
        self.isStreamed = isStreamed
        deadline = .now + request.timeout
        unacknowledgedMilliseconds = UInt32(clamping: unacknowledgedTimeout.wholeMilliseconds)
    }

    var head: HTTPResponseHead {
        HTTPResponseHead(status: easy?.status ?? 0, headers: HTTPHeaders(headers))
    }

    /// Takes one header line; a status line begins a new set (after an interim response or a redirect).
    func receivedHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.headerLimit else {
            exceededLimit = "the response's headers exceed \(Self.headerLimit) bytes"
            return false
        }
        if line.starts(with: "HTTP/".utf8) {
            headers = []
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
            var value = line[(colon + 1)...].drop(while: isBlank)
            while let last = value.last, isBlank(last) { value = value.dropLast() }
            headers.append((name, String(decoding: value, as: UTF8.self)))
        }
        return true
    }

    enum Verdict { case taken, paused, refused }

    /// Takes a part of the decoded body.
    func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        guard receivedBytes + bytes.count <= request.bodyLimit else {
            exceededLimit = "the response's body exceeds \(request.bodyLimit) bytes"
            return .refused
        }
        if isStreamed {
            guard channel.append(bytes, of: head) else { return .paused }
        } else {
            body.append(contentsOf: bytes)
        }
        receivedBytes += bytes.count
        return .taken
    }

    /// Whether a connection to `address` may be used; remembers the refusal for the error.
    func permits(_ address: IPAddress?) -> Bool {
        guard request.addressPolicy != .any, request.proxy == nil else { return true }
        guard let address, request.addressPolicy.permits(address) else {
            refusedAddress = address
            return false
        }
        return true
    }

    /// Ends the transfer, whatever its state; only the first end counts.
    func finish(_ result: Result<HTTPResponse, HTTPClientError>) {
        guard !isFinished else { return }
        isFinished = true
        easy = nil
        body = []
        channel.finish(result)
    }
}
