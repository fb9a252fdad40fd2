internal import FoundationEssentials
internal import HTTPClient

extension AWSError {
    /// What an answer other than 2xx means.
    init(_ response: HTTPResponse) {
        let details = ErrorBody(response)
        let requestID =
            details.requestID ?? response.headers["x-amzn-RequestId"] ?? response.headers["x-amz-request-id"]
        let seconds = response.headers["Retry-After"].flatMap { Int($0) }
        let code = details.code.map { Code(rawCode: $0, status: response.status) }
        self.init(
            code ?? Code(status: response.status),
            Self.shown(details.message, code) ?? "the service answered \(response.status)",
            rawCode: details.code,
            status: response.status,
            requestID: requestID,
            action: nil,
            retryAfter: seconds.map { .seconds(max(0, min($0, 86_400))) },
            // A code that says what is wrong was given before anything was done; a bare failure says nothing.
            mayHaveHappened: response.status >= 500
                && (code == nil || code == .serverError || code == .timedOut)
        )
    }

    /// What may be shown of the service's message.
    ///
    /// About a signature it quotes the request that was signed, with the session's token; for a denial it
    /// adds a page of cipher text.
    private static func shown(_ message: String?, _ code: Code?) -> String? {
        switch code {
        case .invalidCredentials: return "the service does not accept the access key or its signature"
        case .expiredCredentials: return "the service says that the credentials have expired"
        case .clockSkew: return "the service says that our clock is wrong"
        default: break
        }
        guard var text = message else { return nil }
        if let cipher = text.firstRange(of: "Encoded authorization failure message") {
            text = String(text[..<cipher.lowerBound])
        }
        text = String(text.prefix(500)).trimmed
        return text.isEmpty ? nil : text
    }
}

/// The body of an error, in any of the services' forms.
struct ErrorBody {
    let code: String?
    let message: String?
    let requestID: String?

    init(_ response: HTTPResponse) {
        guard response.body.count <= 1 << 20 else {
            (code, message, requestID) = (nil, nil, nil)
            return
        }
        if let root = try? XMLReader.read(response.body) {
            // EC2: Response/Errors/Error and RequestID. Query: ErrorResponse/Error and RequestId.
            let error = root.child("Errors")?.child("Error") ?? root.child("Error")
            code = error?.child("Code").map { Self.bare($0.text) }
            message = error?.child("Message")?.text
            requestID = (root.child("RequestID") ?? root.child("RequestId"))?.text
        } else if let body = try? JSONDecoder().decode(JSONBody.self, from: Data(response.body)) {
            // Older SQS names come in a header: AWS.SimpleQueueService.NonExistentQueue;Sender
            let queryCode = response.headers["x-amzn-query-error"].map { String($0.prefix { $0 != ";" }) }
            let name = body.type ?? response.headers["x-amzn-ErrorType"]
            code = (name ?? queryCode).map(Self.bare)
            message = body.message ?? body.Message
            requestID = nil
        } else {
            // Neither: a proxy's page, which is of no use here.
            (code, message, requestID) = (nil, nil, nil)
        }
    }

    /// The bare name of `com.amazonaws.sqs#QueueDoesNotExist:http://...`.
    static func bare(_ name: String) -> String {
        var text = Substring(name)
        if let hash = text.firstIndex(of: "#") { text = text[text.index(after: hash)...] }
        if let colon = text.firstIndex(of: ":") { text = text[..<colon] }
        for side in ["Client.", "Server."] where text.hasPrefix(side) { text = text.dropFirst(side.count) }
        // Becomes part of logs: nothing but a name.
        let isName = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isName && !text.isEmpty && text.utf8.count <= 128 ? String(text) : "Unknown"
    }

    private struct JSONBody: Decodable {
        var type: String?
        var message: String?
        var Message: String?  // swift-format-ignore: AlwaysUseLowerCamelCase

        enum CodingKeys: String, CodingKey {
            case type = "__type"
            case message
            case Message  // swift-format-ignore: AlwaysUseLowerCamelCase
        }
    }
}

extension String {
    /// Without white space at the ends.
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
