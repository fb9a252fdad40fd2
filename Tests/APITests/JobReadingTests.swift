import FoundationEssentials
import Store
import Testing

@Suite("Reading jobs", .timeLimit(.minutes(1))) struct JobReadingTests {
    @Test func showsTheOutcome() async throws {
        try await TestAPI.with { api in
            let id = try await api.job()
            try await api.finish(id, metadata: #"{"nodeName":"n","snake_case":{"innerKey":1}}"#)
            let answer = try await api.send("GET", "jobs/\(id.text)")
            #expect(answer.string("state") == "success")
            #expect(answer["attempt"] == .integer(1))
            #expect(answer.string("outcome", "status") == "success")
            #expect(answer["outcome", "error"] == .null)
            #expect(answer["outcome", "logs"] == .string(""))
            #expect(answer.string("outcome", "executed_at")?.hasSuffix("Z") == true)
            // Data of the job keeps its own names.
            #expect(answer.string("outcome", "metadata", "nodeName") == "n")
            #expect(answer["outcome", "metadata", "snake_case", "innerKey"] == .integer(1))
            #expect(answer.array("attempts")?.first?.string("worker_id") == "w")
        }
    }

    @Test func showsWhyAJobFailed() async throws {
        try await TestAPI.with { api in
            let id = try await api.job()
            try await api.finish(id, .failed)
            let answer = try await api.send("GET", "jobs/\(id.text)")
            #expect(answer.string("outcome", "error", "code") == "told")
            #expect(answer.string("outcome", "error", "message") == "as told")
            #expect(answer["outcome", "error", "retryable"] == .bool(false))
            #expect(answer["outcome", "metadata"] == .object([:]))
        }
    }

    @Test func waitsUntilTheOutcomeIsWritten() async throws {
        try await TestAPI.with { api in
            let id = try await api.job()
            let clock = ContinuousClock()
            async let waiting = api.send("GET", "jobs/\(id.text)?wait=30")
            async let another = api.send("GET", "jobs/\(id.text)?wait=30")
            try await Task.sleep(for: .milliseconds(300))
            let written = clock.now
            try await api.finish(id)
            #expect(try await waiting.string("state") == "success")
            #expect(try await another.string("state") == "success")
            #expect(clock.now - written < .seconds(3))
            let began = clock.now
            #expect(try await api.send("GET", "jobs/\(id.text)?wait=30").string("state") == "success")
            #expect(clock.now - began < .seconds(3))
        }
    }

    @Test func waitsNoLongerThanAsked() async throws {
        try await TestAPI.with { api in
            let id = try await api.job()
            let clock = ContinuousClock()
            let began = clock.now
            let answer = try await api.send("GET", "jobs/\(id.text)?wait=1")
            let took = clock.now - began
            #expect(answer.status == 200)
            #expect(answer.string("state") == "ready")
            #expect(took >= .seconds(1) && took < .seconds(5))
            for wait in ["-1", "61", "x"] {
                let refused = try await api.send("GET", "jobs/\(id.text)?wait=\(wait)")
                #expect(refused.status == 400)
                #expect(refused.field == "wait")
            }
        }
    }

    @Test func listsNewestFirstInPages() async throws {
        try await TestAPI.with { api in
            var ids: [String] = []
            for _ in 0..<7 { ids.append(try await api.job().text) }
            var seen: [String] = []
            var cursor = ""
            for _ in 0..<10 {
                let page = try await api.send("GET", "jobs?limit=3\(cursor)")
                seen += page.array("jobs")?.compactMap { $0.string("job_id") } ?? []
                guard let next = page.string("next_cursor") else {
                    #expect(page["next_cursor"] == .null, "the last page says so")
                    break
                }
                cursor = "&cursor=\(next)"
            }
            #expect(seen == ids.sorted().reversed())
        }
    }

    @Test func filtersTheList() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let cluster = try await api.cluster("one", of: customer)
            let noop = try await api.job()
            let done = try await api.job()
            let failed = try await api.job()
            let later = Date().addingTimeInterval(600).rfc3339
            let delayed = try await api.job(#"{"type":"noop","run_at":"\#(later)"}"#)
            let collect = try await api.job(#"{"type":"collect-metrics","cluster_id":"\#(cluster.text)"}"#)
            try await api.finish(done)
            try await api.finish(failed, .failed)

            func found(_ query: String) async throws -> Set<String> {
                let answer = try await api.send("GET", "jobs?\(query)")
                #expect(answer.status == 200, "\(answer.text)")
                return Set(answer.array("jobs")?.compactMap { $0.string("job_id") } ?? [])
            }
            #expect(try await found("type=collect-metrics") == [collect.text])
            #expect(try await found("cluster_id=\(cluster.text)") == [collect.text])
            #expect(try await found("state=success") == [done.text])
            #expect(try await found("state=failed") == [failed.text])
            #expect(try await found("state=delayed") == [delayed.text])
            #expect(try await found("state=ready&type=noop") == [noop.text])
            #expect(try await found("state=running") == [])
            #expect(try await found("since=\(later)") == [])
            #expect(try await found("until=\(later)").count == 5)
            #expect(try await found("customer_id=\(customer.text)") == [collect.text])
        }
    }

    @Test func fillsPagesOfALiveState() async throws {
        try await TestAPI.with { api in
            let later = Date().addingTimeInterval(600).rfc3339
            var delayed: [String] = []
            for position in 0..<12 {
                if position.isMultiple(of: 4) {
                    delayed.append(try await api.job(#"{"type":"noop","run_at":"\#(later)"}"#).text)
                } else {
                    _ = try await api.job()
                }
            }
            let page = try await api.send("GET", "jobs?state=delayed&limit=2")
            #expect(page.array("jobs")?.count == 2)
            let cursor = try #require(page.string("next_cursor"))
            let rest = try await api.send("GET", "jobs?state=delayed&limit=2&cursor=\(cursor)")
            let all = [page, rest].flatMap { $0.array("jobs")?.compactMap { $0.string("job_id") } ?? [] }
            #expect(all == delayed.sorted().reversed())
        }
    }
}
