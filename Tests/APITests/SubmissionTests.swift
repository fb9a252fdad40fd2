import FoundationEssentials
import Jobs
import Store
import TestKit
import Testing

@Suite("Submitting", .timeLimit(.minutes(1))) struct SubmissionTests {
    @Test func acceptsAJob() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(
                "POST",
                "jobs",
                #"{"type":"noop","parameters":{"sleep_ms":5},"priority":2,"max_attempts":4,"dry_run":true}"#
            )
            #expect(answer.status == 201)
            let id = try #require(answer.string("job_id"))
            #expect(answer.header("Location") == "/api/v1/jobs/\(id)")
            #expect(answer.string("type") == "noop")
            #expect(answer.string("queue") == "noop")
            #expect(answer.string("state") == "ready")
            #expect(answer["priority"] == .integer(2))
            #expect(answer["max_attempts"] == .integer(4))
            #expect(answer["attempt"] == .integer(0))
            #expect(answer["dry_run"] == .bool(true))
            #expect(answer["parameters", "sleep_ms"] == .integer(5))
            #expect(answer.string("submitted_by") == "test-admin")
            for name in ["outcome", "cluster_id", "customer_id", "dedupe_key"] {
                #expect(answer[name] == .null, "\(name) is null, not absent")
            }
            for name in ["deadline", "run_at", "submitted_at"] {
                #expect(answer.string(name)?.hasSuffix("Z") == true)
            }
            let shown = try await api.send("GET", "jobs/\(id)")
            #expect(shown.status == 200)
            #expect(shown.json == answer.json)
            let key = try await api.send("GET", try #require(answer.header("Location")))
            #expect(key.status == 200)
        }
    }

    @Test func delaysAJob() async throws {
        try await TestAPI.with { api in
            let time = "\(Date().addingTimeInterval(600).rfc3339.prefix(19)).000Z"
            let answer = try await api.send("POST", "jobs", #"{"type":"noop","run_at":"\#(time)"}"#)
            #expect(answer.status == 201)
            #expect(answer.string("state") == "delayed")
            #expect(answer.string("run_at") == time)
        }
    }

    @Test func takesNullForAbsent() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(
                "POST",
                "jobs",
                """
                {"type":"noop","cluster_id":null,"customer_id":null,"parameters":null,"priority":null,"deadline":null,
                 "run_at":null,"max_attempts":null,"dedupe_key":null,"dedupe_mode":null,"dry_run":null}
                """
            )
            #expect(answer.status == 201)
            #expect(answer["parameters"] == .object([:]))
            #expect(answer["dry_run"] == .bool(false))
        }
    }

    @Test func repeatsTheAnswerToARepeatedRequest() async throws {
        try await TestAPI.with { api in
            let body = #"{"type":"noop","priority":3}"#
            let headers = ["Idempotency-Key": "order-66"]
            let first = try await api.send("POST", "jobs", body, headers: headers)
            #expect(first.status == 201)
            let id = try #require(first.string("job_id"))
            let again = try await api.send("POST", "jobs", body, headers: headers)
            #expect(again.status == 200)
            #expect(again.string("job_id") == id)
            #expect(again.header("Location") == "/api/v1/jobs/\(id)")
            let other = try await api.send("POST", "jobs", #"{"type":"noop"}"#, headers: headers)
            #expect(other.status == 409)
            #expect(other.code == "CONFLICT")
            #expect(other["error", "details", "job_id"] == .string(id))
            // Another caller's key of the same name is another key.
            let key = try await api.key(.submit)
            let stranger = try await api.send("POST", "jobs", body, key: key, headers: headers)
            #expect(stranger.status == 201)
            let long = String(repeating: "x", count: 201)
            let refused = try await api.send("POST", "jobs", body, headers: ["Idempotency-Key": long])
            #expect(refused.status == 400)
            #expect(refused.field == "Idempotency-Key")
        }
    }

    @Test func acceptsOneOfManyRepetitionsAtOnce() async throws {
        try await TestAPI.with { api in
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await api.send(
                            "POST",
                            "jobs",
                            #"{"type":"noop"}"#,
                            headers: ["Idempotency-Key": "same"]
                        )
                    }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == 201 }.count == 1)
            #expect(answers.filter { $0.status == 200 }.count == 19)
            #expect(Set(answers.map { $0.string("job_id") }).count == 1)
        }
    }

    @Test func refusesATwinOfAnUnfinishedJob() async throws {
        try await TestAPI.with { api in
            let body = #"{"type":"noop","dedupe_key":"nightly"}"#
            let first = try await api.job(body)
            let twin = try await api.send("POST", "jobs", body)
            #expect(twin.status == 409)
            #expect(twin.field == "dedupe_key")
            #expect(twin["error", "details", "job_id"] == .string(first.text))
            try await api.finish(first)
            #expect(try await api.send("POST", "jobs", body).status == 201)
        }
    }

    @Test func answersABatchItemByItem() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(
                "POST",
                "jobs/batch",
                """
                {"jobs":[{"type":"noop"},{"type":"nap"},{"type":"noop","parameters":{"sleep_ms":3}},7,{},
                 {"type":"noop","dedupe_key":"d"},{"type":"noop","dedupe_key":"d"},{"type":"noop","tpye":1},
                 {"type":"noop","cluster_id":"\(UUID().text)"}]}
                """
            )
            #expect(answer.status == 201)
            let results = try #require(answer.array("results"))
            #expect(results.count == 9)
            for position in [0, 2, 5] { #expect(results[position].string("job_id") != nil) }
            for position in [1, 3, 4, 6, 7, 8] {
                #expect(results[position].string("job_id") == nil)
                #expect(results[position].members?["error"]?.string("code") != nil)
            }
            #expect(results[6].members?["error"]?.string("code") == "CONFLICT")
            let id = try #require(results[2].string("job_id"))
            #expect(try await api.send("GET", "jobs/\(id)")["parameters", "sleep_ms"] == .integer(3))
        }
    }

    @Test func limitsABatch() async throws {
        try await TestAPI.with { api in
            func batch(_ count: Int) -> String {
                let jobs = Array(repeating: #"{"type":"noop"}"#, count: count).joined(separator: ",")
                return #"{"jobs":[\#(jobs)]}"#
            }
            for body in [batch(0), batch(1001), "{}", #"{"jobs":{}}"#] {
                let refused = try await api.send("POST", "jobs/batch", body)
                #expect(refused.status == 400)
                #expect(refused.field == "jobs")
            }
            let accepted = try await api.send("POST", "jobs/batch", batch(1000))
            #expect(accepted.status == 201)
            #expect(Set(accepted.array("results")?.compactMap { $0.string("job_id") } ?? []).count == 1000)
            #expect(try await api.fleet.queue.index.stats(of: ["noop"]).first?.ready == 1000)
        }
    }
}
