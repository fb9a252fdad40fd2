import FoundationEssentials
import HTTPClient
import Notifications
import Store

/// Sends events to channels, and says in the plan's words what came of it.
///
/// Nothing that a receiver answers is kept but its status, and words of Slack's: it may repeat what was sent.
struct ChannelSender: Sendable {
    /// How long a receiver may take.
    static let timeout = Duration.seconds(10)
    /// How long a mail server may take: many greet late, or read the mail before they answer.
    ///
    /// It is within the time that nobody else tries.
    static let mailTimeout = Duration.seconds(20)

    /// How mail is sent.
    struct Mail: Sendable {
        let server: MailServer
        let sender: String
    }

    let http: HTTPClient
    let policy: HTTPAddressPolicy
    let mail: Mail?
    /// Whom receivers' certificates must be signed by; the system's authorities but in tests.
    var trust = HTTPTrust.system

    /// Sends one event.
    ///
    /// - Throws: `CancellationError`; `JSONError` if the event cannot be written.
    func send(_ record: NotificationRecord, to channel: OpenNotificationChannel) async throws
        -> DeliveryPlan.Verdict
    {
        let message = try NotificationMessage(record)
        switch channel.kind {
        case .slack:
            let headers = [("Content-Type", "application/json; charset=utf-8")]
            return try await post(try SlackFormat.body(message), headers, to: channel.target, of: .slack)
        case .webhook:
            guard let secret = channel.secret else { return .gone("the channel has no signing secret") }
            let body = try WebhookFormat.body(message)
            let headers = WebhookFormat.headers(
                message,
                body: body,
                secret: secret,
                attempt: record.attempts,
                at: Date()
            )
            return try await post(body, headers, to: channel.target, of: .webhook)
        case .email: return try await mail(message, to: channel.target)
        }
    }

    private func post(
        _ body: [UInt8],
        _ headers: [(String, String)],
        to url: String,
        of kind: NotificationChannelRecord.Kind
    ) async throws -> DeliveryPlan.Verdict {
        let request = HTTPRequest(
            method: "POST",
            url: url,
            headers: headers,
            body: body,
            trust: trust,
            timeout: Self.timeout,
            bodyLimit: .max,
            addressPolicy: policy,
            isRepeatable: false
        )
        do {
            return try await answer(to: request).verdict(of: kind)
        } catch let error as HTTPClientError {
            switch error.code {
            case .cancelled: throw CancellationError()
            case .addressRefused:
                return .refused("the target leads to an address that is not of the public internet")
            case .invalidURL, .invalidRequest:
                return .refused("the target cannot be called: \(error.code.rawValue)")
            default: return .later("no answer from the receiver: \(error.code.rawValue)")
            }
        }
    }

    /// Sends a request, and reads no more of the answer than can matter.
    private func answer(to request: HTTPRequest) async throws -> ReceiverAnswer {
        var (head, body): (HTTPResponseHead?, [UInt8]) = (nil, [])
        do {
            let response = try await http.execute(request) {
                head = $0
                body += $1
                if body.count > ReceiverAnswer.bodyLimit { throw LongAnswer() }
            }
            return ReceiverAnswer(status: response.status, headers: response.headers, body: body)
        } catch {
            // The status says whether it has the event, whatever becomes of the rest.
            guard let head, !Task.isCancelled else { throw error }
            return ReceiverAnswer(status: head.status, headers: head.headers, body: [])
        }
    }

    private struct LongAnswer: Error {}

    private func mail(_ message: NotificationMessage, to receiver: String) async throws
        -> DeliveryPlan.Verdict
    {
        guard let mail else { return .later("no mail server is set (CLOUDOPTIM_SMTP_URL)") }
        // A thread of its own: a server that hangs holds up nobody else's mail.
        let sender = MailSender(server: mail.server, timeout: Self.mailTimeout)
        do {
            let bytes = MailFormat.message(message, from: mail.sender, to: receiver)
            try await sender.send(bytes, from: mail.sender, to: receiver)
            return .taken
        } catch {
            try Task.checkCancellation()
            return error.isRetryable ? .later(error.message) : .unfit(error.message, patience: .zero)
        }
    }
}
