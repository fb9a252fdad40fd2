import TestKit

/// A proxy before an AWS endpoint that loses the first answer to an action: what was asked for is done, and nobody is told.
struct ForgetfulProxy: Sendable {
    private let server: PythonServer
    var url: String { "http://127.0.0.1:\(server.port)" }

    init(before url: String, losing action: String) throws {
        server = try PythonServer(Self.script, arguments: [url, action], isEncrypted: false)
    }

    private static let script = #"""
        import http.server, sys, threading, urllib.error, urllib.request

        lost = []
        lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")}
                request = urllib.request.Request(sys.argv[3] + self.path, data=body, headers=headers)
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        status, data = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, data = error.code, error.read()
                if b"Action=" + sys.argv[4].encode() + b"&" in body:
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
