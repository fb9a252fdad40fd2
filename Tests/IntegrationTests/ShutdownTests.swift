import Glibc
import Store
import TestKit
import Testing

@Suite("Stopping processes", .timeLimit(.minutes(2))) struct ShutdownTests {
    @Test func aWorkerFinishesWhatRuns() async throws {
        try await ProcessFleet.with { fleet, _ in
            _ = try await fleet.startAPI()
            let worker = try await fleet.startWorker()
            let id = try await fleet.job(#"{"type":"noop","parameters":{"sleep_ms":1500}}"#)
            try await fleet.reached("running", id)
            worker.signal(SIGTERM)
            #expect(try await worker.end() == 0)
            #expect(try await fleet.send("GET", "jobs/\(id)").string("state") == "success")
            #expect(worker.output.contains(#""message":"drained""#))
        }
    }

    @Test func aWorkerHandsBackWhatTakesTooLong() async throws {
        try await ProcessFleet.with(["DRAIN_SECONDS": "1"]) { fleet, _ in
            _ = try await fleet.startAPI()
            let worker = try await fleet.startWorker()
            let id = try await fleet.job(#"{"type":"noop","parameters":{"sleep_ms":600000}}"#)
            try await fleet.reached("running", id)
            worker.signal(SIGTERM)
            #expect(try await worker.end(within: .seconds(20)) == 0)
            let job = try await fleet.send("GET", "jobs/\(id)")
            #expect(job.string("state") == "ready")
            #expect(job["outcome"] == .null)
            let other = try await fleet.startWorker()
            try await fleet.reached("running", id)
            #expect(
                try await fleet.send("GET", "jobs/\(id)")["attempt"] == .integer(1),
                "no attempt was used"
            )
            other.remove()
        }
    }

    @Test func everyProcessEndsWithZero() async throws {
        try await ProcessFleet.with { fleet, _ in
            let processes = [
                try await fleet.startAPI(), try await fleet.startWorker(), try await fleet.startScheduler(),
            ]
            for process in processes { process.signal(SIGTERM) }
            for process in processes { #expect(try await process.end() == 0, "\(process.output)") }
        }
    }

    @Test func theAPIAnswersWhoWaitsBeforeItEnds() async throws {
        try await ProcessFleet.with { fleet, _ in
            let api = try await fleet.startAPI()
            _ = try await fleet.startWorker()
            let id = try await fleet.job(#"{"type":"noop","parameters":{"sleep_ms":1500}}"#)
            async let waiting = fleet.send("GET", "jobs/\(id)?wait=30")
            try await fleet.reached("running", id)
            api.signal(SIGTERM)
            let answer = try await waiting
            #expect(answer.status == 200 && answer.string("job_id") == id, "\(answer.text)")
            #expect(try await api.end() == 0)
        }
    }
}
