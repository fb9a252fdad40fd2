import TestKit

/// A proxy before moto's EC2 for what moto cannot do: lose an answer, and know client tokens.
struct EC2Proxy: Sendable {
    enum Behaviour: String {
        /// The first answer to CreateFleet is lost: what was asked for is done, and nobody is told.
        case losesAnswer = "loses"
        /// A launch with a token that came before, or is under way, gets the same answer, as from EC2.
        case knowsTokens = "tokens"
    }

    private let server: PythonServer
    var url: String { "http://127.0.0.1:\(server.port)" }

    init(before url: String, _ behaviour: Behaviour) throws {
        server = try PythonServer(Self.script, arguments: [url, behaviour.rawValue], isEncrypted: false)
    }

    private static let script = #"""
        import http.server, sys, threading, urllib.error, urllib.parse, urllib.request

        lost = []
        answers = {}
        locks = {}
        lock = threading.Lock()

        def forward(path, body, headers):
            headers = {k: v for k, v in headers.items() if k.lower() not in ("host", "content-length")}
            request = urllib.request.Request(sys.argv[3] + path, data=body, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                token = urllib.parse.parse_qs(body.decode()).get("ClientToken", [None])[0]
                if token and sys.argv[4] == "tokens":
                    with lock:
                        mine = locks.setdefault(token, threading.Lock())
                    with mine:
                        if token not in answers:
                            answers[token] = forward(self.path, body, self.headers)
                        status, data = answers[token]
                else:
                    status, data = forward(self.path, body, self.headers)
                if b"Action=CreateFleet&" in body and sys.argv[4] == "loses":
                    with lock:
                        lost.append(1)
                        is_first = len(lost) == 1
                    if is_first:
                        self.close_connection = True
                        return
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
        """#
}
