import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite("Queues", .timeLimit(.minutes(1))) struct QueueTests {
    @Test func areCounted() async throws {
        try await TestAPI.with { api in
            let later = Date().addingTimeInterval(600).rfc3339
            _ = try await api.job()
            _ = try await api.job()
            _ = try await api.job(#"{"type":"noop","run_at":"\#(later)"}"#)
            let list = try await api.send("GET", "queues")
            let names = list.array("queues")?.compactMap { $0.string("queue") }
            #expect(names == JobCatalogue.served.map(\.rawValue))
            let one = try await api.send("GET", "queues/noop")
            #expect(one["ready"] == .integer(2))
            #expect(one["delayed"] == .integer(1))
            #expect(one["running"] == .integer(0))
            #expect(one["blocked"] == .integer(0))
            #expect(one["dead"] == .integer(0))
            #expect(one["paused"] == .bool(false))
            #expect(one["rates", "finished_per_second"] != nil)
            let empty = try await api.send("GET", "queues/collect-metrics")
            #expect(empty["oldest_ready_seconds"] == .null)
            #expect(empty["min_slack_seconds"] == .null)
            #expect(try await api.send("GET", "queues/nothing").status == 404)
        }
    }

    @Test func showTheirJobsInClaimOrder() async throws {
        try await TestAPI.with { api in
            let late = try await api.job(#"{"type":"noop","priority":7}"#)
            let first = try await api.job(#"{"type":"noop","priority":1}"#)
            let middle = try await api.job(#"{"type":"noop","priority":4}"#)
            let jobs = try await api.send("GET", "queues/noop/jobs").array("jobs")
            #expect(jobs?.map { $0.string("job_id") } == [first, middle, late].map(\.text))
            #expect(try await api.send("GET", "queues/noop/jobs?limit=1").array("jobs")?.count == 1)
            #expect(try await api.send("GET", "queues/noop/jobs?limit=201").field == "limit")
            #expect(try await api.send("GET", "queues/nothing/jobs").status == 404)
        }
    }

    @Test func arePausedAndResumed() async throws {
        try await TestAPI.with { api in
            let paused = try await api.send("POST", "queues/noop/pause")
            #expect(paused["paused"] == .bool(true))
            let seen = try await api.send("GET", "queues/noop")
            #expect(seen["paused"] == .bool(true))
            let resumed = try await api.send("POST", "queues/noop/resume")
            #expect(resumed["paused"] == .bool(false))
            #expect(try await api.send("POST", "queues/nothing/pause").status == 404)
        }
    }

    @Test func showJobsInOtherStates() async throws {
        try await TestAPI.with { api in
            let later = Date().addingTimeInterval(600).rfc3339
            let delayed = try await api.job(#"{"type":"noop","run_at":"\#(later)"}"#)
            let first = try await api.job()
            let second = try await api.job()
            let found = try await api.send("GET", "queues/noop/jobs?state=delayed").array("jobs")
            #expect(found?.map { $0.string("job_id") } == [delayed.text])
            let page = try await api.send("GET", "queues/noop/jobs?limit=1")
            #expect(page.array("jobs")?.first?.string("job_id") == first.text)
            let cursor = try #require(page.string("next_cursor"))
            let next = try await api.send("GET", "queues/noop/jobs?limit=1&cursor=\(cursor)")
            #expect(next.array("jobs")?.first?.string("job_id") == second.text)
            #expect(try await api.send("GET", "queues/noop/jobs?state=dead").array("jobs") == [])
            #expect(try await api.send("GET", "queues/noop/jobs?state=lost").field == "state")
        }
    }

    @Test func sayHowManyWorkersTheyCallFor() async throws {
        try await TestAPI.with { api in
            _ = try await api.job()
            let plan = try await api.send("GET", "autoscale")
            #expect(plan["desired_workers"] == .integer(1))
            #expect(plan["by_queue", "noop", "backlog"] == .integer(1))
            #expect(plan["by_queue", "noop", "service_seconds"] == .null)
            #expect(plan["by_queue", "collect-metrics", "desired"] == .integer(0))
        }
    }

    @Test func haveTheirDeadCleared() async throws {
        try await TestAPI.with { api in
            let retried = try await api.send("POST", "queues/noop/dead/retry")
            #expect(retried["retried"] == .integer(0) && retried["dead"] == .integer(0))
            let discarded = try await api.send("DELETE", "queues/noop/dead")
            #expect(discarded["discarded"] == .integer(0))
        }
    }

    @Test func showWhoWorks() async throws {
        try await TestAPI.with { api in
            #expect(try await api.send("GET", "workers").array("workers") == [])
            try await api.fleet.queue.index.beat(
                WorkerReport(
                    id: "w-1",
                    host: "h",
                    pid: 7,
                    version: "v",
                    queues: ["noop"],
                    slots: 4,
                    reserved: 1,
                    running: ["j"],
                    isDraining: false,
                    startedAt: Date()
                )
            )
            let workers = try await api.send("GET", "workers").array("workers")
            #expect(workers?.first?.string("id") == "w-1")
            #expect(workers?.first?.members?["slots"] == .integer(4))
            #expect(workers?.first?.members?["running_jobs"] == .array([.string("j")]))
            #expect(workers?.first?.string("last_beat")?.hasSuffix("Z") == true)
        }
    }
}
