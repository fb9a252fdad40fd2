/// An AWS that misbehaves on request, for the Python interpreter; standard library only.
///
/// The path names the behaviour and whose requests are counted: `/scenario/id/...`. Prints its port, and ends
/// with its input.
enum FakeAWSScript {
    static let source = #"""
        import datetime, http.server, json, os, sys, threading, time
        from urllib.parse import parse_qs

        logs = {}
        lock = threading.Lock()

        def error(code, message="no", request="req-1"):
            return f"<?xml version='1.0'?><Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>" \
                   f"</Error></Errors><RequestID>{request}</RequestID></Response>"

        def http_date(offset=0):
            return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + offset))

        def iso(offset):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Heads and bodies in one packet.
            wbufsize = 1 << 16

            def log_message(self, *_):
                pass

            def answer(self, code, body, date=0, **headers):
                data = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response_only(code)
                self.send_header("Date", http_date(date))
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(data)

            def ok(self, inner=""):
                if self.action in ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"):
                    inner = f"<{self.action}Result>{inner}</{self.action}Result>"
                if "X-Amz-Target" in self.headers:
                    return self.answer(200, {})
                self.answer(200, f"<{self.action}Response>{inner}</{self.action}Response>")

            def credentials(self, key, lifetime):
                return {"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "secret", "Token": "token",
                        "Expiration": iso(lifetime)}

            def assumed(self, key, lifetime):
                self.ok(f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                        f"<SessionToken>t{key}</SessionToken><Expiration>{iso(lifetime)}</Expiration></Credentials>")

            def signed_at(self):
                text = self.headers.get("X-Amz-Date", "19700101T000000Z")
                moment = datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
                return moment.timestamp()

            def handle_all(self):
                _, scenario, id, path = (self.path + "/").split("/", 3)
                if scenario == "log":
                    with lock:
                        return self.answer(200, logs.get(id, []))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                form = {k: v[0] for k, v in parse_qs(body).items()}
                target = self.headers.get("X-Amz-Target", "").split(".")[-1]
                self.action = target or form.get("Action", "")
                with lock:
                    log = logs.setdefault(id, [])
                    log.append({"method": self.command, "path": path, "headers": dict(self.headers), "body": body})
                    count = len(log)
                getattr(self, "do_" + scenario, self.missing)(count, form, path.rstrip("/"))

            do_GET = do_POST = do_PUT = handle_all

            def missing(self, *_):
                self.answer(404, "")

            def do_throttled(self, count, form, path):
                self.answer(503, error("RequestLimitExceeded")) if count < 3 else self.ok()

            def do_always_throttled(self, count, form, path):
                self.answer(503, error("RequestLimitExceeded"))

            def do_sqs_throttled(self, count, form, path):
                if count < 3:
                    return self.answer(403, {"__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow"})
                self.ok()

            def do_sqs_old_name(self, count, form, path):
                self.answer(400, {"message": "gone"},
                            x_amzn_query_error="AWS.SimpleQueueService.NonExistentQueue;Sender",
                            x_amzn_RequestId="req-2")

            def do_partly_deleted(self, count, form, path):
                self.answer(200, {"Successful": [{"Id": "0"}], "Failed": [
                    {"Id": "1", "SenderFault": True, "Code": "ReceiptHandleIsInvalid", "Message": "no"}]})

            def do_flaky(self, count, form, path):
                self.answer(500, "<html>oops</html>") if count < 3 else self.ok()

            def do_broken(self, count, form, path):
                self.answer(500, error("InternalError"))

            def do_later(self, count, form, path):
                self.answer(503, error("Unavailable"), Retry_After="7") if count < 2 else self.ok()

            def do_drops(self, count, form, path):
                if count < 3:
                    self.close_connection = True
                else:
                    self.ok()

            def do_half(self, count, form, path):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"<DescribeSubnetsResponse>")
                self.close_connection = True

            def do_hang(self, count, form, path):
                time.sleep(3600)

            def do_dry_pool(self, count, form, path):
                self.answer(500, error("InsufficientInstanceCapacity", "no m5.large there"))

            def do_denied(self, count, form, path):
                self.answer(403, error("UnauthorizedOperation", "You are not authorized to perform this operation. "
                                       "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: "
                                       "ec2:DescribeSubnets. Encoded authorization failure message: " + "x" * 3000))

            def do_dry_run(self, count, form, path):
                code = "DryRunOperation" if form.get("DryRun") == "true" else "Unexpected"
                self.answer(412, error(code))

            def do_dry_run_denied(self, count, form, path):
                self.answer(403, error("UnauthorizedOperation"))

            def do_dry_run_ignored(self, count, form, path):
                self.ok()

            def do_wrong_secret(self, count, form, path):
                quoted = "The Canonical String was host:x x-amz-security-token:hunter2"
                self.answer(403, error("SignatureDoesNotMatch", quoted))

            def do_clock(self, count, form, path):
                """An hour ahead of us, and strict about it."""
                if abs(self.signed_at() - time.time() - 3600) > 300:
                    return self.answer(403, error("SignatureDoesNotMatch", "Signature expired"), date=3600)
                self.ok()

            def do_clock_ec2(self, count, form, path):
                if abs(self.signed_at() - time.time() + 7200) > 300:
                    return self.answer(401, error("AuthFailure"), date=-7200)
                self.ok()

            def do_clock_never(self, count, form, path):
                self.answer(403, error("RequestTimeTooSkewed"), date=7200)

            def do_expired(self, count, form, path):
                if self.headers.get("X-Amz-Security-Token") != "fresh":
                    return self.answer(400, error("ExpiredToken"))
                self.ok()

            def do_portal(self, count, form, path):
                self.answer(200, "<html><body>Please log in</body></html>")

            def do_redirect(self, count, form, path):
                self.answer(302, "", Location="http://169.254.169.254/")

            def do_loop(self, count, form, path):
                self.ok("<nextToken>same</nextToken>")

            def do_endless(self, count, form, path):
                self.ok(f"<nextToken>t{count}</nextToken>")

            def do_pages(self, count, form, path):
                """Three pages, the middle one empty; the last token is an empty element."""
                token = form.get("NextToken", "")
                subnet = lambda n: f"<item><subnetId>s{n}</subnetId><availabilityZone>a</availabilityZone></item>"
                inner = {"": f"<subnetSet>{subnet(1)}</subnetSet><nextToken>a+/=</nextToken>",
                         "a+/=": "<subnetSet/><nextToken>b</nextToken>",
                         "b": f"<subnetSet>{subnet(2)}</subnetSet><nextToken></nextToken>"}
                self.ok(inner[token])

            def do_fleet(self, count, form, path):
                place = lambda t, z: f"<launchTemplateAndOverrides><launchTemplateSpecification><launchTemplateId>lt-1" \
                    f"</launchTemplateId><version>3</version></launchTemplateSpecification><overrides><instanceType>{t}" \
                    f"</instanceType><subnetId>subnet-{z}</subnetId><availabilityZone>{z}</availabilityZone>" \
                    f"</overrides></launchTemplateAndOverrides>"
                refusal = lambda code, t, z: f"<item>{place(t, z)}<lifecycle>spot</lifecycle><errorCode>{code}" \
                    f"</errorCode><errorMessage>no</errorMessage></item>"
                self.ok("<fleetId>fleet-1</fleetId><errorSet>"
                        + refusal("InsufficientInstanceCapacity", "m5.large", "a")
                        + refusal("MaxSpotInstanceCountExceeded", "m5.xlarge", "b")
                        + refusal("AuthFailure.ServiceLinkedRoleCreationNotPermitted", "c5.large", "c")
                        + "</errorSet><fleetInstanceSet/>")

            def do_sts(self, count, form, path):
                self.assumed(f"ASIA{count}", 3600)

            def do_sts_denied(self, count, form, path):
                self.answer(403, "<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error>"
                            "<Type>Sender</Type><Code>AccessDenied</Code><Message>not allowed to sts:AssumeRole</Message>"
                            "</Error><RequestId>req-3</RequestId></ErrorResponse>")

            def do_imds(self, count, form, path):
                role = "latest/meta-data/iam/security-credentials"
                if self.command == "PUT" and path == "latest/api/token":
                    ok = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") == "21600"
                    return self.answer(200 if ok else 400, "metadata-token")
                if self.headers.get("X-aws-ec2-metadata-token") != "metadata-token":
                    return self.answer(401, "")
                if path == role:
                    return self.answer(200, "fleet-role\n")
                if path == role + "/fleet-role":
                    return self.answer(200, self.credentials("ASIAIMDS", 3600))
                self.answer(404, "")

            def do_no_role(self, count, form, path):
                self.answer(200, "metadata-token") if self.command == "PUT" else self.answer(404, "")

            def do_container(self, count, form, path):
                if self.headers.get("Authorization") != "container token":
                    return self.answer(401, "")
                self.answer(200, self.credentials("ASIACONTAINER", 3600))

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            def handle_error(self, *_):
                pass

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        os._exit(0)
        """#
}
