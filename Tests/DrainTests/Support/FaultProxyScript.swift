/// A proxy before a real API server that misbehaves on request, for the Python interpreter.
///
/// The endpoint's path prefix is `/FAULT/ID`: what goes wrong, and for whom calls are counted. Arguments:
/// the server's URL and the file of its authority.
enum FaultProxyScript {
    static let source = #"""
        import http.client, http.server, json, ssl, sys, threading, time
        from urllib.parse import urlsplit

        upstream = urlsplit(sys.argv[3])
        context = ssl.create_default_context(cafile=sys.argv[4])
        logs = {}
        lock = threading.Lock()

        def status(code, reason, message):
            return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
                    "message": message}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, code, data, kind="application/json", **headers):
                data = data if isinstance(data, bytes) else json.dumps(data).encode()
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(data)

            def forward(self, path, body):
                connection = http.client.HTTPSConnection(upstream.hostname, upstream.port, context=context, timeout=20)
                headers = {k: v for k, v in self.headers.items()
                           if k.lower() in ("authorization", "content-type", "accept")}
                connection.request(self.command, path, body or None, headers)
                response = connection.getresponse()
                data = response.read()
                connection.close()
                return response.status, data, response.getheader("Content-Type", "application/json")

            def handle_call(self):
                _, fault, who, path = self.path.split("/", 3)
                path = "/" + path
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if fault == "log":
                    with lock:
                        return self.answer(200, logs.get(who, []))
                kind = ("eviction" if path.endswith("/eviction") else "budgets" if "poddisruptionbudgets" in path
                        else "node" if path.startswith("/api/v1/nodes/") else "daemonset" if "/daemonsets/" in path
                        else "pods" if path.startswith("/api/v1/pods") else "pod")
                entry = {"method": self.command, "kind": kind, "at": time.monotonic(), "status": 0}
                with lock:
                    log = logs.setdefault(who, [])
                    number = len(log)
                    same = sum(1 for e in log if e["kind"] == kind)
                    log.append(entry)
                if fault == "busy" and kind == "eviction" and same < 3:
                    entry["status"] = 429
                    return self.answer(429, b"Too many requests, please try again later.\n", "text/plain", Retry_After="2")
                if fault == "broken" and number % 3 == 1:
                    entry["status"] = 500
                    return self.answer(500, status(500, "InternalError", "etcdserver: leader changed"))
                if fault == "hanging" and kind == "eviction" and same < 2:
                    time.sleep(30)
                    return
                if fault == "closing" and number % 4 == 2:
                    self.close_connection = True
                    return
                if fault == "slow":
                    time.sleep(0.4)
                refused = {"nopatch": ("PATCH", "node"), "nobudgets": ("GET", "budgets"),
                           "noevict": ("POST", "eviction"), "nodelete": ("DELETE", "pod")}
                if refused.get(fault) == (self.command, kind):
                    entry["status"] = 403
                    return self.answer(403, status(403, "Forbidden", f"cannot {self.command} {kind}"))
                code, data, content = self.forward(path, body)
                entry["status"] = code
                if fault == "lost" and self.command != "GET" and number % 2 == 0:
                    self.close_connection = True
                    return
                self.answer(code, data, content)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_call
        """#
}
