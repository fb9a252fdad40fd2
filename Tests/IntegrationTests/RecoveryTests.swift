import FoundationEssentials
import Glibc
import Jobs
import Postgres
import Store
import TestKit
import Testing

@Suite("Recovery", .timeLimit(.minutes(3))) struct RecoveryTests {
    @Test func aKilledWorkersJobRunsElsewhere() async throws {
        try await ProcessFleet.with { fleet, servers in
            _ = try await fleet.startAPI()
            let holder = try await fleet.startWorker()
            let id = try await fleet.job(#"{"type":"noop","parameters":{"sleep_ms":2000}}"#)
            try await fleet.reached("running", id)
            holder.signal(SIGKILL)
            let killed = ContinuousClock.now
            _ = try await fleet.startWorker()
            var answers = 0
            try await eventually(within: .seconds(20), "the job on the other worker") {
                let began = ContinuousClock.now
                let job = try await fleet.send("GET", "jobs/\(id)")
                #expect(job.status == 200)
                #expect(ContinuousClock.now - began < .seconds(3))
                answers += 1
                return job.string("state") == "success"
            }
            #expect(ContinuousClock.now - killed < .seconds(20))
            #expect(answers > 10)
            let uuid = try #require(UUID(uuidString: id))
            let attempts = try #require(try await servers.queue.journal.entry(uuid)).attempts
            #expect(attempts.map(\.status) == [.lost, .success])
            #expect(attempts.map(\.attempt) == [1, 1], "no attempt was used up")
            #expect(attempts.map(\.isTerminal) == [false, true])
        }
    }

    @Test func losesNothingWhenRedisLosesEverything() async throws {
        try await ProcessFleet.with { fleet, servers in
            _ = try await fleet.startAPI()
            _ = try await fleet.startScheduler()
            _ = try await fleet.startWorker(["--concurrency", "8"])
            _ = try await fleet.startWorker(["--concurrency", "8"])
            let job = #"{"type":"noop","parameters":{"sleep_ms":50}}"#
            let jobs = Array(repeating: job, count: 500).joined(separator: ",")
            let batch = try await fleet.send("POST", "jobs/batch", #"{"jobs":[\#(jobs)]}"#)
            #expect(batch.status == 201)
            for share in [60, 200] {
                try await eventually(within: .seconds(60), "\(share) outcomes") {
                    try await JournalCount(servers.pool).finished >= share
                }
                try await servers.wipeRedis()
            }
            try await eventually(within: .seconds(60), "all outcomes") {
                try await JournalCount(servers.pool).finished == 500
            }
            let count = try await JournalCount(servers.pool)
            #expect(count.jobs == 500 && count.succeeded == 500 && count.finishedTwice == 0)
            #expect(fleet.allRun)
        }
    }

    @Test func outlivesItsServers() async throws {
        let private_ = try PrivateRedis()
        try await PrivatePostgres.with { postgres in
            let servers = ["DATABASE_URL": postgres.url, "REDIS_URL": private_.url]
            var redis = try await private_.start()
            defer { redis.remove() }
            try await ProcessFleet.with(servers: servers) { fleet in
                let migrated = try await ChildProcess.run(
                    [try Executable.operators.path(), "migrate"],
                    environment: fleet.environment
                )
                try #require(migrated.code == 0, "\(migrated.output)")
                _ = try await fleet.startAPI()
                _ = try await fleet.startScheduler()
                _ = try await fleet.startWorker()
                _ = try await fleet.startWorker()
                let load = Load(fleet)
                try await load.run(for: 25)

                redis.remove()
                let withoutRedis = try await load.run(for: 25)
                #expect(withoutRedis == [201: 25])
                #expect(try await fleet.status("GET", "/ready") == 503)
                redis = try await private_.start()
                try await fleet.ready()
                try await load.run(for: 25)

                try await postgres.stop()
                let withoutPostgres = try await load.run(for: 10)
                #expect(withoutPostgres == [503: 10])
                #expect(try await fleet.status("GET", "/health") == 200)
                try await postgres.start()
                try await fleet.ready()
                try await load.run(for: 25)

                try await drained(load.accepted, fleet)
                #expect(fleet.allRun, "no process had to be started again")
            }
        }
    }

    /// Waits until every accepted job has its success.
    private func drained(_ jobs: [String], _ fleet: ProcessFleet) async throws {
        for id in jobs {
            try await eventually(within: .seconds(60), "the outcome of \(id)") {
                let job = try await fleet.send("GET", "jobs/\(id)?wait=20")
                return job.string("state") == "success"
            }
        }
    }
}

extension ProcessFleet {
    /// Waits until the API says it is ready again.
    fileprivate func ready() async throws {
        try await eventually(within: .seconds(10), "readiness") { try await status("GET", "/ready") == 200 }
    }
}

/// Submits jobs, and remembers which were accepted.
private final class Load {
    private let fleet: ProcessFleet
    private(set) var accepted: [String] = []

    init(_ fleet: ProcessFleet) {
        self.fleet = fleet
    }

    /// Submits some jobs one after the other.
    ///
    /// - Returns: How often each status was answered.
    @discardableResult
    func run(for count: Int) async throws -> [Int: Int] {
        var statuses: [Int: Int] = [:]
        for _ in 0..<count {
            let answer = try await fleet.send(
                "POST",
                "jobs",
                #"{"type":"noop","parameters":{"sleep_ms":20}}"#
            )
            statuses[answer.status, default: 0] += 1
            if answer.status == 201, let id = answer.string("job_id") { accepted.append(id) }
        }
        return statuses
    }
}
