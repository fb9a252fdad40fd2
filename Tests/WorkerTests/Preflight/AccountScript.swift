/// An AWS account for the Python interpreter: decides as IAM does, and notes what it did in earnest.
enum AccountScript {
    static let source = #"""
        import http.server, json, sys, threading, time
        from urllib.parse import parse_qs

        trust, denied, other, machine = sys.argv[3:7]
        denied = set(filter(None, denied.split(",")))
        other = dict(pair.split("=") for pair in filter(None, other.split(",")))
        done = []

        def error(code, message="no"):
            return f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"

        TAGS = "<tagSet><item><key>kubernetes.io/cluster/shop</key><value>owned</value></item>" \
               "<item><key>aws:ec2launchtemplate:id</key><value>lt-1</value></item></tagSet>"
        BODIES = {
            "DescribeInstances": "<reservationSet><item><ownerId>123456789012</ownerId><instancesSet><item>"
                "<instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState>"
                f"<instanceType>m5.large</instanceType>{TAGS}</item></instancesSet></item></reservationSet>",
            "DescribeVolumes": "<volumeSet><item><volumeId>vol-1</volumeId><status>in-use</status></item></volumeSet>",
            "DescribeInstanceAttribute": "<disableApiTermination><value>false</value></disableApiTermination>",
        }

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body):
                data = body.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                self.answer(200, json.dumps(done))

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                form = {k: v[0] for k, v in parse_qs(body).items()}
                target = self.headers.get("X-Amz-Target", "").split(".")[-1]
                action = target or form.get("Action", "")
                if action == "AssumeRole":
                    return self.assume(form.get("ExternalId"))
                if action in denied:
                    code = "AccessDenied" if target else "UnauthorizedOperation"
                    return self.answer(403, json.dumps({"__type": code}) if target else error(code))
                code = other.get(action)
                if code == "Proxy":
                    return self.answer(403, "<html>not here</html>")
                if code and code.startswith("needs "):
                    return self.answer(403, error("UnauthorizedOperation", "You are not authorized to perform this "
                        "operation. User: arn:aws:sts::123456789012:assumed-role/cloudoptim/x is not authorized to "
                        f"perform: {code[6:]} on resource: arn:aws:iam::123456789012:role/nodes"))
                if code and code != "OK":
                    return self.answer(500 if code == "InternalError" else 400, error(code))
                if target == "GetQueueAttributes":
                    policy = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                              "Action": "sqs:SendMessage", "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}]}
                    return self.answer(200, json.dumps({"Attributes": {
                        "MessageRetentionPeriod": "345600", "Policy": json.dumps(policy)}}))
                if form.get("DryRun") == "true" and code != "OK":
                    return self.answer(412, error("DryRunOperation"))
                if not action.startswith("Describe"):
                    done.append(action)
                inner = BODIES.get(action, "")
                if action == "DescribeInstances" and not machine:
                    inner = ""
                if action == "DescribeAutoScalingInstances":
                    inner = "<DescribeAutoScalingInstancesResult/>"
                self.answer(200, f"<{action}Response>{inner}</{action}Response>")

            def assume(self, external):
                allowed = {"id": external == "customer-7", "any": external is not None, "none": True,
                           "nobody": False}[trust]
                if not allowed:
                    return self.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message>"
                                            "</Error></ErrorResponse>")
                end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
                self.answer(200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>K</AccessKeyId>"
                            "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                            f"<Expiration>{end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
        """#
}
