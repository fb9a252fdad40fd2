import FoundationEssentials
import HTTPTypes
import Hummingbird

/// AWS's APIs at one endpoint: who signed for which service says what is called.
struct AWSRoutes: Sendable {
    let account: CustomerAccount
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    private static let bodyLimit = 1 << 20

    func add(to router: Router<SandboxRequestContext>) {
        router.post("/", use: answer)
        router.post("**", use: answer)
    }

    /// A call that was let in.
    struct Call: Sendable {
        let region: String
        let caller: KeyRing.Caller
        /// What the caller's session is narrowed to.
        let rules: SessionRules
        let time: Double
    }

    @Sendable private func answer(_ request: Request, _ context: SandboxRequestContext) async throws
        -> Response
    {
        var request = request
        let buffer = try await request.collectBody(upTo: Self.bodyLimit)
        let body = Array(buffer.readableBytesView)
        let target = request.headers[HTTPField.Name("X-Amz-Target") ?? .contentType]
        let isJSON = target?.hasPrefix("AmazonSQS.") == true
        let requestID = UUID().uuidString.lowercased()
        var service = isJSON ? "sqs" : ""
        do throws(AWSFault) {
            let signed = try SignedRequest(request.headers[.authorization])
            service = signed.service
            let call = try letIn(signed, request, body)
            if isJSON, service == "sqs" {
                let action = String(target?.dropFirst("AmazonSQS.".count) ?? "")
                return try await queueAnswer(action, body, call, request)
            }
            return Self.xml(try queryAnswer(service, QueryForm(body), call, requestID))
        } catch {
            return Self.refusal(error, service, isJSON: isJSON, requestID)
        }
    }

    private func letIn(_ signed: SignedRequest, _ request: Request, _ body: [UInt8]) throws(AWSFault) -> Call
    {
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        // The server keeps it apart from the other fields.
        headers["host"] = request.head.authority ?? headers["host"]
        let time = now()
        let identity = try account.keys.identity(
            signed.keyID,
            token: headers["x-amz-security-token"],
            at: time
        )
        try signed.check(
            identity.secret,
            method: request.method.rawValue,
            path: request.uri.path,
            headers: headers,
            body: body,
            at: time
        )
        let rules = try SessionRules(identity.policy)
        return Call(region: signed.region, caller: identity.caller, rules: rules, time: time)
    }

    private func queryAnswer(_ service: String, _ form: QueryForm, _ call: Call, _ requestID: String)
        throws(AWSFault) -> String
    {
        switch service {
        case "ec2":
            let members = try EC2Service(account: account, call: call).answer(form)
            return XML("\(form.action)Response", [XML("requestId", requestID)] + members)
                .document(namespace: "http://ec2.amazonaws.com/doc/2016-11-15/")
        case "sts":
            return Self.result(
                try STSService(account: account, call: call, nonce: requestID).answer(form),
                form.action,
                requestID,
                "https://sts.amazonaws.com/doc/2011-06-15/"
            )
        case "autoscaling":
            return Self.result(
                try AutoScalingService(account: account, call: call).answer(form),
                form.action,
                requestID,
                "http://autoscaling.amazonaws.com/doc/2011-01-01/"
            )
        default: throw .invalidAction(form.action, "service \(service)")
        }
    }

    private static func result(_ members: [XML], _ action: String, _ requestID: String, _ namespace: String)
        -> String
    {
        let metadata = XML("ResponseMetadata", [XML("RequestId", requestID)])
        return XML("\(action)Response", [XML("\(action)Result", members), metadata])
            .document(namespace: namespace)
    }

    private func queueAnswer(_ action: String, _ body: [UInt8], _ call: Call, _ request: Request)
        async throws(AWSFault) -> Response
    {
        let input: JSON
        do {
            input = try JSONDecoder().decode(JSON.self, from: Data(body))
        } catch {
            throw AWSFault(code: "SerializationException", message: "the body is no JSON")
        }
        let service = SQSService(account: account, call: call, now: now)
        let output: JSON
        if action == "ReceiveMessage" {
            output = try await Self.whileConnected(request) { await service.receive(input) }.get()
        } else {
            output = try service.answer(action, input)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-amz-json-1.0"],
            body: .init(byteBuffer: ByteBuffer(bytes: output.bytes))
        )
    }

    /// A poll whose client has gone must take no message.
    private static func whileConnected(
        _ request: Request,
        _ body: @escaping @Sendable () async -> Result<JSON, AWSFault>
    ) async -> Result<JSON, AWSFault> {
        do {
            return try await request.body.consumeWithCancellationOnInboundClose { _ in await body() }
        } catch {
            return .success(.object([]))
        }
    }

    // MARK: - Wire

    private static func xml(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/xml;charset=UTF-8"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }

    private static func refusal(_ fault: AWSFault, _ service: String, isJSON: Bool, _ requestID: String)
        -> Response
    {
        if isJSON {
            let body: JSON = [
                "__type": .string("com.amazonaws.sqs#\(fault.code)"), "message": .string(fault.message),
            ]
            var headers: HTTPFields = [.contentType: "application/x-amz-json-1.0"]
            if let name = HTTPField.Name("x-amzn-query-error") {
                headers[name] = "\(fault.queryCode ?? fault.code);Sender"
            }
            return Response(
                status: .init(code: fault.status),
                headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: body.bytes))
            )
        }
        if service == "ec2" {
            let fault = fault.ofEC2
            let error = XML("Error", [XML("Code", fault.code), XML("Message", fault.message)])
            let body = XML("Response", [XML("Errors", [error]), XML("RequestID", requestID)])
            return xml(body.document(), status: .init(code: fault.status))
        }
        let error = XML(
            "Error",
            [
                XML("Type", fault.status < 500 ? "Sender" : "Receiver"), XML("Code", fault.code),
                XML("Message", fault.message),
            ]
        )
        let body = XML("ErrorResponse", [error, XML("RequestId", requestID)])
        return xml(body.document(), status: .init(code: fault.status))
    }
}
