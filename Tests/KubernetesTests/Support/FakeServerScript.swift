/// An API server that misbehaves on request, for the Python interpreter; standard library only.
///
/// The endpoint's path prefix names the behaviour. Requests are counted per token, so that tests don't disturb each
/// other.
enum FakeServerScript {
    static let source = #"""
        import http.server, json, threading, time
        from urllib.parse import urlsplit, parse_qs

        counts = {}
        lock = threading.Lock()

        def status(code, reason, message, **details):
            return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
                    "message": message, "details": details}

        def pod(i):
            """About as large as what a managed cluster serves, most of it being what nobody asked for."""
            name = f"checkout-service-6d5f8b7c9d-{i:05d}"
            def container(n):
                return {"name": n, "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{n}:v1.2.{i}",
                        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
                        "env": [{"name": f"SETTING_{k}", "value": f"value-{k}-" + "x" * 40} for k in range(20)],
                        "volumeMounts": [{"name": f"kube-api-access-{i}", "readOnly": True,
                                          "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
                        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
                                          "initialDelaySeconds": 10, "timeoutSeconds": 1, "periodSeconds": 10},
                        "terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "IfNotPresent"}
            return {"metadata": {"name": name, "generateName": "checkout-service-6d5f8b7c9d-", "namespace": "shop",
                                 "uid": f"00000000-0000-0000-0000-{i:012d}", "resourceVersion": str(i),
                                 "creationTimestamp": "2026-01-02T03:04:05Z",
                                 "labels": {"app": "checkout", "pod-template-hash": "6d5f8b7c9d"},
                                 "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{" + "y" * 2000 + "}"},
                                 "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True,
                                                      "name": "checkout-service-6d5f8b7c9d", "uid": "u"}],
                                 "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1":
                                                    {"f:status": {f"k:{{\"type\":\"{k}\"}}": {".": {}, "f:status": {}}
                                                                  for k in range(20)}}}]},
                    "spec": {"nodeName": f"node-{i % 100}", "containers": [container("app"), container("proxy")],
                             "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists",
                                              "effect": "NoExecute", "tolerationSeconds": 300}],
                             "volumes": [{"name": f"kube-api-access-{i}", "projected": {"defaultMode": 420}}]},
                    "status": {"phase": "Running", "podIP": "10.0.0.1", "qosClass": "Burstable",
                               "conditions": [{"type": t, "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}
                                              for t in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
                               "containerStatuses": [{"name": n, "ready": True, "restartCount": 0, "image": n,
                                                      "imageID": "sha256:" + "0" * 64,
                                                      "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}}}
                                                     for n in ("app", "proxy")]}}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, code, body, kind="application/json", **headers):
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(data)

            def pages(self, query, total, failing_page=None, failures=0, page_item=pod):
                start = int(query.get("continue", "0").removeprefix("token/+="))
                with lock:
                    failed = counts.get((self.token, "failed"), 0)
                    if failing_page is not None and start == failing_page and failed < failures:
                        counts[(self.token, "failed")] = failed + 1
                        expired = status(410, "Expired", "The provided continue parameter is too old")
                        expired["metadata"] = {"continue": "inconsistent"}
                        return self.answer(410, expired)
                end = min(start + int(query["limit"]), total)
                metadata = {"resourceVersion": "1"}
                if end < total:
                    metadata["continue"] = f"token/+={end}"
                self.answer(200, {"kind": "PodList", "metadata": metadata,
                                  "items": [page_item(i) for i in range(start, end)]})

            def do_GET(self):
                url = urlsplit(self.path)
                _, scenario, path = url.path.split("/", 2)
                query = {k: v[0] for k, v in parse_qs(url.query).items()}
                self.token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                with lock:
                    counts[self.token] = count = counts.get(self.token, 0) + 1
                version = {"major": "1", "minor": "31", "gitVersion": "v1.31.0-test"}
                small = lambda i: {"metadata": {"name": f"item-{i}"}}
                if scenario == "ok":
                    self.answer(200, version)
                elif scenario == "flaky":
                    self.answer(*((503, status(503, "ServiceUnavailable", "busy")) if count < 3 else (200, version)))
                elif scenario == "drops":
                    if count < 3:
                        self.close_connection = True
                    else:
                        self.answer(200, version)
                elif scenario == "busy":
                    if count < 2:
                        self.answer(429, status(429, "TooManyRequests", "slow down"), Retry_After="7")
                    else:
                        self.answer(200, version)
                elif scenario == "busybody":
                    self.answer(429, status(429, "TooManyRequests", "slow down", retryAfterSeconds=10))
                elif scenario.startswith("status"):
                    code = int(scenario.removeprefix("status"))
                    self.answer(code, status(code, "Reason", f"message of {code}"))
                elif scenario == "proxy":
                    self.answer(502, "<html><body>Bad Gateway hunter2</body></html>", kind="text/html")
                elif scenario == "portal":
                    self.answer(200, "<html><body>Please log in</body></html>", kind="text/html")
                elif scenario == "redirect":
                    self.answer(302, "", Location="/ok/version")
                elif scenario == "hang":
                    time.sleep(3600)
                elif scenario == "drip":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    while True:
                        self.wfile.write(b" ")
                        time.sleep(0.05)
                elif scenario == "null":
                    self.answer(200, {"metadata": {}, "items": None})
                elif scenario == "wrongobject":
                    self.answer(200, {"hello": "world"})
                elif scenario == "headers":
                    self.answer(200, {"major": self.headers.get("Accept", ""), "minor": path, "gitVersion": self.token})
                elif scenario == "renewing":
                    if self.token.startswith("old"):
                        self.answer(401, status(401, "Unauthorized", "Unauthorized"))
                    else:
                        self.answer(200, {**version, "gitVersion": self.token})
                elif scenario == "trace":
                    self.answer(200, {**version, "gitVersion": self.headers.get("traceparent", "")})
                elif scenario == "loop":
                    self.answer(200, {"metadata": {"continue": "same"}, "items": []})
                elif scenario == "pages":
                    self.pages(query, 1234, page_item=small)
                elif scenario == "expired":
                    self.pages(query, 1234, failing_page=1000, failures=2, page_item=small)
                elif scenario == "expiring":
                    self.pages(query, 1234, failing_page=500, failures=99, page_item=small)
                elif scenario == "big":
                    self.pages(query, 5000)
                elif scenario == "count":
                    self.answer(200, str(counts.get(path, 0)))
                else:
                    self.answer(404, status(404, "NotFound", "the server could not find the requested resource"))

            def body(self):
                return json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")

            def count(self):
                self.token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                with lock:
                    counts[self.token] = counts.get(self.token, 0) + 1

            def do_DELETE(self):
                self.count()
                body = self.body()
                text = f"DELETE {body.get('gracePeriodSeconds')} {body['preconditions']['uid']}"
                self.answer(400, status(400, "BadRequest", text))

            def do_POST(self):
                """Evictions; the pod's name says how they are answered."""
                self.count()
                body = self.body()
                name, where = body["metadata"]["name"], body["metadata"]["namespace"]
                options = body["deleteOptions"]
                budget = {"reason": "DisruptionBudget",
                          "message": "The disruption budget web needs 3 healthy pods and has 3 currently"}
                no_kind = ("Eviction in version \"v1\" cannot be handled as a Eviction: no kind \"Eviction\" is "
                           "registered for version \"policy/v1\" in scheme \"scheme.go:30\"")
                answers = {
                    "good": (201, {"kind": "Status", "status": "Success"}),
                    "missing": (404, status(404, "NotFound", "pods \"missing\" not found", name="missing", kind="pods")),
                    "other": (409, status(409, "Conflict", "the UID in the precondition does not match")),
                    "nopath": (404, status(404, "NotFound", "the server could not find the requested resource")),
                    "old": (400, status(400, "BadRequest", no_kind)),
                    "budget": (429, status(429, "TooManyRequests", "Cannot evict pod", causes=[budget])),
                    "busy": (429, status(429, "TooManyRequests", "Too many requests, please try again later.")),
                    "busier": (429, "Too many requests, please try again later.\n"),
                    "terminating": (403, status(403, "Forbidden", "unable to create new content", causes=[
                        {"reason": "NamespaceTerminating", "message": "namespace shop is being terminated"}])),
                    "several": (500, {"kind": "Status", "status": "Failure", "code": 500, "message":
                                      "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                                      "does not support."}),
                    "broken": (500, status(500, "InternalError", "etcdserver: leader changed")),
                    "forbidden": (403, status(403, "Forbidden", "cannot create resource \"pods/eviction\"")),
                    "unauthorized": (401, status(401, "Unauthorized", "Unauthorized")),
                    "echo": (400, status(400, "BadRequest", f"{body['apiVersion']} {body['kind']} {where}/{name} "
                                         f"{options.get('gracePeriodSeconds', 'own')} "
                                         f"{options['preconditions']['uid']} {self.headers['Content-Type']}")),
                }
                headers = {"Retry-After": "4"} if name == "busy" else {}
                self.answer(*answers[name], **headers)
        """#
}
