import Cryptography
import FoundationEssentials
import HTTPClient
import Logging
import Store
import TestKit

/// A customer's receiver, which can be told how to answer, and remembers what it got.
struct TestReceiver: Sendable {
    /// A request it got.
    struct Delivery: Decodable {
        let event: String
        let kind: String
        let attempt: String
        let signature: String
        let path: String
        let status: Int
        let body: String

        /// Whether the signature is the secret's, of this body and of now.
        func isSigned(with secret: String) -> Bool {
            let parts = signature.split(separator: ",").map(String.init)
            guard parts.count == 2, parts[0].hasPrefix("t="), parts[1].hasPrefix("v1="),
                let time = Int(parts[0].dropFirst(2)), let code = Hex.decode(String(parts[1].dropFirst(3)))
            else { return false }
            return abs(Date().timeIntervalSince1970 - Double(time)) < 60
                && HMACSHA256.isValid(code, for: Array("\(time).\(body)".utf8), key: Array(secret.utf8))
        }
    }

    private let server: PythonServer
    let http: HTTPClient

    init() throws {
        server = try PythonServer(Self.script, isEncrypted: false)
        http = HTTPClient(logger: Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() })
    }

    var url: String { "http://localhost:\(server.port)/hook?token=url-secret-71c" }

    /// From now on it answers so; 0 closes the connection without a word.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - word: What the body is made of.
    ///   - count: How often the body repeats it.
    /// - Throws: `HTTPClientError`.
    func answer(_ status: Int, word: String = "ok", count: Int = 1) async throws {
        _ = try await ask("answer/\(status)/\(word)/\(count)")
    }

    /// What it got, in order.
    func deliveries() async throws -> [Delivery] {
        try JSONDecoder().decode([Delivery].self, from: Data(try await ask("deliveries")))
    }

    private func ask(_ path: String) async throws -> [UInt8] {
        try await http.execute(HTTPRequest(url: "http://localhost:\(server.port)/\(path)")).body
    }

    private static let script = #"""
        import http.server, json

        got, state = [], {"status": 200, "body": b"ok"}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def reply(self, status, body):
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def do_GET(self):
                if self.path.startswith("/answer/"):
                    _, _, status, word, count = self.path.split("/")
                    state.update(status=int(status), body=word.encode() * int(count))
                self.reply(200, json.dumps(got).encode())
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                name = "X-CloudOptim-"
                got.append({"event": self.headers.get(name + "Event-Id", ""),
                            "kind": self.headers.get(name + "Event-Kind", ""),
                            "attempt": self.headers.get(name + "Attempt", ""),
                            "signature": self.headers.get(name + "Signature", ""),
                            "path": self.path, "status": state["status"], "body": body})
                if state["status"] == 0:
                    self.close_connection = True
                else:
                    self.reply(state["status"], state["body"])
            def log_message(self, *_):
                pass
        """#
}
