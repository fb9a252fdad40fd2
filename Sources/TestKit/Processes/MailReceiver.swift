import Foundation
public import HTTPClient
import Logging

/// A real mail server of a test's own: aiosmtpd (Debian: python3-aiosmtpd).
///
/// With encryption it wants STARTTLS and a password. It knows nobody called `gone`, and `busy` is to come later.
public final class MailReceiver: Sendable {
    /// A mail it took.
    public struct Mail: Sendable, Decodable {
        /// The envelope's sender.
        public let sender: String
        /// The envelope's receivers.
        public let receivers: [String]
        /// Decoded.
        public let subject: String
        /// Decoded.
        public let text: String
    }

    private let control: PythonServer
    private let isEncrypted: Bool
    private let port: Int

    /// Starts one.
    ///
    /// - Parameter isEncrypted: Whether it wants STARTTLS and a password.
    /// - Throws: ``ProcessFailure`` if it does not start.
    public init(isEncrypted: Bool) throws {
        self.isEncrypted = isEncrypted
        port = try FreePort.find()
        control = try PythonServer(
            Self.script,
            arguments: [String(port), isEncrypted ? "tls" : ""],
            isEncrypted: isEncrypted
        )
    }

    /// Its URL, as an operator would set it.
    public func url(password: String = "secret-word") -> String {
        isEncrypted ? "smtp://user:\(password)@localhost:\(port)" : "smtp://localhost:\(port)?tls=none"
    }

    /// It, as a sender knows it.
    public func server(password: String = "secret-word", isTrusted: Bool = true) throws -> MailServer {
        try MailServer(
            url(password: password),
            trust: isEncrypted && isTrusted ? .certificateAuthority(pem: control.authority) : .system
        )
    }

    /// What it took, in order.
    public func mails() async throws -> [Mail] {
        let http = HTTPClient(logger: Logger(label: "mail-receiver") { _ in SwiftLogNoOpLogHandler() })
        let scheme = isEncrypted ? "https" : "http"
        let response = try await http.execute(
            HTTPRequest(
                url: "\(scheme)://localhost:\(control.port)/",
                trust: isEncrypted ? .certificateAuthority(pem: control.authority) : .system
            )
        )
        await http.shutdown()
        return try JSONDecoder().decode([Mail].self, from: Data(response.body))
    }

    private static let script = #"""
        import email, email.policy, http.server, json, ssl, sys
        # Where Debian keeps its packages: the interpreter may be another one.
        sys.path.append("/usr/lib/python3/dist-packages")
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

        mails = []

        class Mailbox:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("gone@"):
                    return "550 there is nobody of this name"
                if address.startswith("busy@"):
                    return "451 come again later"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                message = email.message_from_bytes(envelope.content, policy=email.policy.default)
                mails.append({"sender": envelope.mail_from, "receivers": envelope.rcpt_tos,
                              "subject": message["Subject"], "text": message.get_content()})
                return "250 taken"

        def authenticate(server, session, envelope, mechanism, data):
            ok = isinstance(data, LoginPassword) and (data.login, data.password) == (b"user", b"secret-word")
            return AuthResult(success=ok, handled=ok)

        options = {}
        if sys.argv[4]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            options = {"tls_context": context, "require_starttls": True, "auth_required": True,
                       "authenticator": authenticate}

        class Listening(Controller):
            def factory(self):
                return SMTP(self.handler, **options)

        controller = Listening(Mailbox(), hostname="127.0.0.1", port=int(sys.argv[3]))
        controller.start()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(mails).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *_):
                pass
        """#
}
