import FoundationEssentials
import Jobs
import Store
import TestKit
import Testing

@testable import API

@Suite("Control of jobs", .timeLimit(.minutes(1))) struct JobControlTests {
    @Test func cancelsAndRetries() async throws {
        try await TestAPI.with { api in
            let id = try await api.job()
            let cancelled = try await api.send("POST", "jobs/\(id.text)/cancel")
            #expect(cancelled.status == 200)
            #expect(cancelled.string("state") == "cancelled")
            #expect(cancelled.string("outcome", "error", "code") == "cancelled")
            let again = try await api.send("POST", "jobs/\(id.text)/cancel")
            #expect(again.status == 409 && again.string("error", "details", "state") == "cancelled")
            let retried = try await api.send("POST", "jobs/\(id.text)/retry")
            #expect(retried.status == 200 && retried.string("state") == "ready")
            #expect(try await api.send("POST", "jobs/\(id.text)/retry").status == 409)
            #expect(try await api.send("POST", "jobs/\(UUID().text)/cancel").status == 404)
            #expect(try await api.send("POST", "jobs/\(UUID().text)/retry").status == 404)
        }
    }

    @Test func explainsWhatAJobWaitsFor() async throws {
        try await TestAPI.with { api in
            let id = try await api.job()
            let why = try await api.send("GET", "jobs/\(id.text)/why")
            #expect(why.string("state") == "ready")
            #expect(why["ahead"] == .integer(0))
            #expect(why.array("reasons")?.first?.string("code") == "no_worker")
            #expect(try await api.send("GET", "jobs/\(UUID().text)/why").status == 404)
        }
    }

    @Test func knowsWhatToDoWithDuplicates() async throws {
        try await TestAPI.with { api in
            func submit(_ mode: String) async throws -> Answer {
                try await api.send(
                    "POST",
                    "jobs",
                    #"{"type":"noop","dedupe_key":"k","dedupe_mode":"\#(mode)"}"#
                )
            }
            let first = try await submit("merge")
            #expect(first.status == 201)
            let merged = try await submit("merge")
            #expect(merged.status == 200 && merged.string("job_id") == first.string("job_id"))
            let latest = try await submit("latest")
            #expect(latest.status == 201)
            let old = try await api.send("GET", "jobs/\(first.string("job_id") ?? "")")
            #expect(old.string("outcome", "error", "code") == "superseded")
            #expect(try await submit("refuse").status == 409)
            #expect(try await submit("sometimes").field == "dedupe_mode")
            let keyless = try await api.send("POST", "jobs", #"{"type":"noop","dedupe_mode":"merge"}"#)
            #expect(keyless.field == "dedupe_mode")
        }
    }

    @Test func refusesJobsOfAFullQueue() async throws {
        try await TestAPI.with(["CLOUDOPTIM_QUEUE_LIMIT": "2"]) { api in
            _ = try await api.job()
            _ = try await api.job()
            let refused = try await api.send("POST", "jobs", #"{"type":"noop"}"#)
            #expect(refused.status == 429)
            #expect(refused.code == "QUEUE_FULL")
            #expect(refused.header("Retry-After") == "10")
        }
    }
}
