/// A proxy before a real API server that shows a part of it as a cluster of its own, and misbehaves on request; for the
/// Python interpreter.
///
/// The endpoint's path prefix is `/LABEL`: only objects labelled `test=LABEL` are shown. `/set/LABEL/MODE` says how it
/// behaves from then on. Arguments: the server's URL and the file of its authority.
enum NodeProxyScript {
    static let source = #"""
        import http.client, http.server, json, ssl, sys, time
        from urllib.parse import urlsplit, parse_qsl, urlencode

        upstream = urlsplit(sys.argv[3])
        context = ssl.create_default_context(cafile=sys.argv[4])
        modes = {}

        def status(code, reason):
            return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
                    "message": reason}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, code, data, kind="application/json"):
                data = data if isinstance(data, bytes) else json.dumps(data).encode()
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                _, label, rest = self.path.split("/", 2)
                if label == "set":
                    who, mode = rest.split("/")
                    modes[who] = mode
                    return self.answer(200, {})
                mode = modes.get(label, "ok")
                path, _, query = ("/" + rest).partition("?")
                query = dict(parse_qsl(query))
                query["labelSelector"] = "test=" + label
                if mode == "unauthorized":
                    return self.answer(401, status(401, "Unauthorized"))
                if mode == "forbidden":
                    return self.answer(403, status(403, "Forbidden"))
                if mode == "hanging":
                    time.sleep(30)
                    return
                if mode == "closing":
                    self.close_connection = True
                    return
                if mode == "portal":
                    return self.answer(200, b"<html>please log in</html>", "text/html")
                if mode == "empty":
                    query["labelSelector"] = "test=nothing-has-it"
                if mode == "partial":
                    if "continue" in query:
                        return self.answer(500, status(500, "InternalError"))
                    query["limit"] = "1"
                connection = http.client.HTTPSConnection(upstream.hostname, upstream.port, context=context, timeout=20)
                headers = {k: v for k, v in self.headers.items() if k.lower() in ("authorization", "accept")}
                connection.request("GET", path + "?" + urlencode(query), None, headers)
                response = connection.getresponse()
                data = response.read()
                connection.close()
                if mode == "cut":
                    # The first page of several, and nothing that says so but its token.
                    page = json.loads(data)
                    page.setdefault("metadata", {})["continue"] = "more"
                    page["items"] = page["items"][:1]
                    data = json.dumps(page).encode()
                self.answer(response.status, data, response.getheader("Content-Type", "application/json"))
        """#
}
