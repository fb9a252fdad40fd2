import FoundationEssentials
import Jobs
import Store
import Testing

/// Every error has the one body of the contract.
@Suite("Errors", .timeLimit(.minutes(1))) struct ErrorTests {
    private func check(
        _ answer: Answer,
        _ status: Int,
        _ code: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.code == code, sourceLocation: sourceLocation)
        #expect(
            answer["error"]?.members?.keys.sorted() == [
                "code", "details", "message", "request_id", "timestamp",
            ],
            sourceLocation: sourceLocation
        )
        #expect(answer["error", "details"]?.members != nil, sourceLocation: sourceLocation)
        #expect(answer.string("error", "message")?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(answer.string("error", "timestamp")?.hasSuffix("Z") == true, sourceLocation: sourceLocation)
        #expect(
            answer.string("error", "request_id") == answer.header("X-Request-Id"),
            sourceLocation: sourceLocation
        )
        #expect(
            answer.header("Content-Type") == "application/json; charset=utf-8",
            sourceLocation: sourceLocation
        )
    }

    @Test func tellsWhatIsWrongWithTheRequestAsAWhole() async throws {
        try await TestAPI.with { api in
            check(try await api.send("GET", "jobs", key: ""), 401, "UNAUTHORIZED")
            let wrong = try await api.send("GET", "jobs", key: "co_no-such-key-anywhere")
            check(wrong, 401, "UNAUTHORIZED")
            #expect(wrong.header("WWW-Authenticate") != nil)
            check(try await api.send("GET", "/nothing/here", key: ""), 404, "NOT_FOUND")
            check(try await api.send("GET", "nothing"), 404, "NOT_FOUND")
            check(try await api.send("GET", "/"), 404, "NOT_FOUND")
            check(try await api.send("GET", "jobs/\(UUID().text)"), 404, "NOT_FOUND")
            check(try await api.send("GET", "jobs/not-a-uuid"), 404, "NOT_FOUND")
            let method = try await api.send("PATCH", "jobs")
            check(method, 405, "METHOD_NOT_ALLOWED")
            #expect(method.header("Allow") == "GET, POST")
        }
    }

    @Test func namesTheFieldThatIsNoJSONOfItsType() async throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        try await TestAPI.with { api in
            for (body, field) in [
                ("", "body"), ("{", "body"), ("[]", "body"), ("\"noop\"", "body"), ("null", "body"),
                (#"{"type":"noop",}"#, "body"), (#"{"type":"noop"} 1"#, "body"),
                (#"{"type":"\ud800"}"#, "body"),
                (#"{"type":"noop","parameters":\#(deep)}"#, "body"),
                (#"{"type":"noop","max_attempts":1e400}"#, "body"),
                (#"{"type":"noop","max_attempts":9223372036854775808}"#, "max_attempts"),
                (#"{"type":"noop","clusterId":null}"#, "clusterId"),
                ("{}", "type"), (#"{"type":7}"#, "type"), (#"{"type":null}"#, "type"),
                (#"{"type":"noop","priority":"high"}"#, "priority"),
                (#"{"type":"noop","priority":1.5}"#, "priority"),
                (#"{"type":"noop","cluster_id":"x"}"#, "cluster_id"),
                (#"{"type":"noop","deadline":"tomorrow"}"#, "deadline"),
                (#"{"type":"noop","deadline":5}"#, "deadline"),
                (#"{"type":"noop","dry_run":"yes"}"#, "dry_run"),
                (#"{"type":"noop","parameters":[]}"#, "parameters"),
                (#"{"type":"noop","prioritty":1}"#, "prioritty"),
            ] {
                let answer = try await api.send("POST", "jobs", body)
                check(answer, 400, "INVALID_REQUEST")
                #expect(answer.field == field)
            }
        }
    }

    @Test func namesTheFieldThatBreaksARule() async throws {
        try await TestAPI.with { api in
            for (body, field) in [
                (#"{"type":"nap"}"#, "type"), (#"{"type":"run-optimization"}"#, "type"),
                (#"{"type":"collect-metrics"}"#, "cluster_id"),
                (#"{"type":"noop","priority":0}"#, "priority"),
                (#"{"type":"noop","priority":11}"#, "priority"),
                (#"{"type":"noop","max_attempts":0}"#, "max_attempts"),
                (#"{"type":"noop","max_attempts":101}"#, "max_attempts"),
                (#"{"type":"noop","deadline":"2001-01-01T00:00:00Z"}"#, "deadline"),
                (#"{"type":"noop","deadline":"9001-01-01T00:00:00Z"}"#, "deadline"),
                (#"{"type":"noop","run_at":"9001-01-01T00:00:00Z"}"#, "run_at"),
                (#"{"type":"noop","dedupe_key":""}"#, "dedupe_key"),
                (#"{"type":"noop","parameters":{"sleep_ms":-1}}"#, "parameters.sleep_ms"),
                (#"{"type":"noop","parameters":{"sleep_ms":"1"}}"#, "parameters.sleep_ms"),
                (#"{"type":"noop","parameters":{"fail":"maybe"}}"#, "parameters.fail"),
                (#"{"type":"noop","parameters":{"naps":1}}"#, "parameters.naps"),
            ] {
                let answer = try await api.send("POST", "jobs", body)
                check(answer, 400, "INVALID_REQUEST")
                #expect(answer.field == field)
            }
        }
    }

    @Test func namesTheQueryParameterThatIsWrong() async throws {
        try await TestAPI.with { api in
            for (query, field) in [
                ("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor"),
                ("cluster_id=x", "cluster_id"), ("since=x", "since"), ("until=x", "until"),
                ("state=napping", "state"),
            ] {
                let answer = try await api.send("GET", "jobs?\(query)")
                check(answer, 400, "INVALID_REQUEST")
                #expect(answer.field == field)
            }
        }
    }

    @Test func listsTheValuesThatAreValid() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send("POST", "jobs", #"{"type":"nap"}"#)
            #expect(
                answer["error", "details", "valid_values"]
                    == .array(JobCatalogue.served.map { .string($0.rawValue) })
            )
        }
    }

    @Test func refusesBodiesThatAreTooLong() async throws {
        try await TestAPI.with { api in
            let filler = String(repeating: "x", count: 330_000)
            let one = try await api.send("POST", "jobs", #"{"type":"\#(filler)"}"#)
            check(one, 413, "PAYLOAD_TOO_LARGE")
            #expect(one["error", "details", "limit_bytes"] == .integer(327_680))
            let many = try await api.send("POST", "jobs/batch", String(repeating: " ", count: 33 << 20))
            check(many, 413, "PAYLOAD_TOO_LARGE")
            #expect(many["error", "details", "limit_bytes"] == .integer(32 << 20))
        }
    }

    @Test func asksAKeyThatCallsTooOftenToComeBack() async throws {
        try await TestAPI.with(["CLOUDOPTIM_RATE_LIMIT": "2"]) { api in
            let other = try await api.key(.read)
            var answers: [Answer] = []
            for _ in 0..<6 { answers.append(try await api.send("GET", "queues")) }
            let refused = try #require(answers.first { $0.status == 429 })
            check(refused, 429, "RATE_LIMITED")
            let after = try #require(refused.header("Retry-After").flatMap { Int($0) })
            #expect(after >= 1)
            #expect(refused["error", "details", "retry_after_seconds"] == .integer(Int64(after)))
            #expect(try await api.send("GET", "queues", key: other).status == 200)
        }
    }

    @Test func refusesWhatTheScopeDoesNotAllow() async throws {
        try await TestAPI.with { api in
            for (scope, method, path) in [
                ("read", "POST", "jobs"), ("read", "POST", "jobs/batch"),
                ("operate", "POST", "admin/customers"),
                ("operate", "POST", "admin/clusters"), ("operate", "PUT", "admin/clusters/x"),
                ("operate", "DELETE", "admin/clusters/x"), ("operate", "GET", "admin/api-keys"),
                ("operate", "POST", "admin/api-keys"), ("operate", "DELETE", "admin/api-keys/x"),
            ] {
                let key = try await api.key(try #require(APIKeyRecord.Scope(rawValue: scope)))
                check(try await api.send(method, path, "{}", key: key), 403, "FORBIDDEN")
            }
        }
    }

    @Test func aScopeIncludesTheOnesBeforeIt() async throws {
        try await TestAPI.with { api in
            for scope in APIKeyRecord.Scope.allCases {
                let key = try await api.key(scope)
                #expect(try await api.send("GET", "jobs", key: key).status == 200)
                let submitted = try await api.send("POST", "jobs", #"{"type":"noop"}"#, key: key)
                #expect(submitted.status == (scope == .read ? 403 : 201))
            }
        }
    }
}
