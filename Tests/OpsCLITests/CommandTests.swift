import FoundationEssentials
import Jobs
import Store
import TestKit
import Testing

/// The executable, as operators run it.
@Suite("cloudoptim", .timeLimit(.minutes(1))) struct CommandTests {
    private func run(
        _ fleet: TestFleet,
        _ arguments: [String],
        _ environment: [String: String] = [:]
    ) async throws -> (code: Int, output: String) {
        let own = [
            "DATABASE_URL": try TestServers.databaseURL(fleet.databaseName),
            "REDIS_URL": try TestServers.redisURL(), "CLOUDOPTIM_FLEET": fleet.fleetName,
            "CLOUDOPTIM_MASTER_KEY": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        ].merging(environment) { $1 }
        return try await ChildProcess.run([try Executable.operators.path()] + arguments, environment: own)
    }

    private func json(_ output: String) throws -> JSONValue {
        try JSONValue(parsing: Array(output.utf8))
    }

    @Test func tellsUsageFromFailure() async throws {
        try await TestFleet.with { fleet in
            for arguments in [
                ["nonsense"], ["queue", "nonsense"], ["queue", "stats"], ["queue", "stats", "nap"],
                ["queue", "ls", "--colour"], ["job", "show", "x"], ["job", "submit"],
                ["job", "submit", "nap"],
                ["job", "submit", "noop", "--param", "x"], ["job", "submit", "noop", "--priority", "0"],
                ["job", "submit", "noop", "--param", "naps=1"], ["job", "submit", "noop", "--deadline", "0"],
                ["job", "submit", "noop", "--cluster", "x"],
                ["job", "submit", "noop", "--cluster", UUID().text],
                ["api-key", "create", "x", "--scope", "root"], ["api-key", "revoke", "x"],
                ["api-key", "create", "x", "--customer", UUID().text], ["schedules", "add", "x", "noop"],
                ["schedules", "add", "x", "nap", "--every", "1"],
                ["schedules", "add", "x", "noop", "--every", "1", "--cron", "@daily"],
                ["schedules", "add", "x", "noop", "--every", "0"],
                ["schedules", "add", "x", "noop", "--cron", "61 * * * *"],
                ["schedules", "add", "x", "noop", "--cron", "@daily", "--time-zone", "Mars"],
                ["schedules", "add", "x", "noop", "--every", "1", "--missed", "some"],
                ["schedules", "pause"], ["events", "queues", "--customer", "x"],
                ["events", "dead-letters", "--limit", "0"],
            ] {
                let (code, output) = try await run(fleet, arguments)
                #expect(code == 2, "\(arguments): \(output)")
                #expect(!output.isEmpty)
            }
            for arguments in [
                ["job", "show", UUID().text], ["api-key", "revoke", UUID().text], ["doctor"],
                ["schedules", "pause", "x"], ["schedules", "resume", "x"], ["schedules", "run", "x"],
                ["schedules", "rm", "x"],
            ] {
                let (code, output) = try await run(fleet, arguments)
                #expect(code == 1, "\(arguments): \(output)")
                #expect(!output.isEmpty)
            }
            for arguments in [
                ["--help"], ["--version"], ["queue", "ls"], ["queue", "stats", "noop"],
                ["queue", "peek", "noop"],
                ["workers"], ["schedules"], ["api-key", "list"], ["migrate"], ["rebuild"],
                ["events", "queues"], ["events", "dead-letters"], ["notifications", "ls"],
            ] {
                let (code, output) = try await run(fleet, arguments)
                #expect(code == 0, "\(arguments): \(output)")
            }
        }
    }

    @Test func failsInOneLineWithoutItsServers() async throws {
        try await TestFleet.with { fleet in
            for environment in [
                ["DATABASE_URL": "postgres://user:secret-word@127.0.0.1:1/none"],
                ["REDIS_URL": "redis://:secret-word@127.0.0.1:1"], ["DATABASE_URL": "secret-word"],
                ["REDIS_URL": "secret-word"], ["CLOUDOPTIM_FLEET": "No Fleet"],
            ] {
                let (code, output) = try await run(fleet, ["queue", "ls"], environment)
                #expect(code == 1, "\(output)")
                #expect(output.split(separator: "\n").count == 1, "\(output)")
                #expect(output.hasPrefix("cloudoptim: "))
                #expect(!output.contains("secret-word"))
            }
        }
    }

    @Test func listsQueuesForScripts() async throws {
        try await TestFleet.with { fleet in
            for _ in 0..<3 { _ = try await fleet.queue.submit(JobSubmission(type: "noop", submittedBy: "t")) }
            let (code, output) = try await run(fleet, ["queue", "ls", "--json"])
            #expect(code == 0)
            guard case .array(let queues) = try json(output) else {
                Issue.record("\(output)")
                return
            }
            let served = JobCatalogue.served.map { JSONValue.string($0.rawValue) }
            #expect(queues.map { $0.members?["queue"] } == served)
            let noop = try #require(queues.first { $0.members?["queue"] == .string("noop") }?.members)
            #expect(noop["ready"] == .integer(3))
            #expect(noop["dead"] == .integer(0))
            #expect(noop["paused"] == .bool(false))
            #expect(noop["min_slack_seconds"] != .null)
            #expect(queues.first?.members?["oldest_ready_seconds"] == .null)
        }
    }

    @Test func showsWhatGoesWrongWithEvents() async throws {
        try await TestFleet.with { fleet in
            let customer = CustomerRecord(
                companyName: "c",
                sqsQueueURL: "https://sqs.us-east-1.amazonaws.com/123456789012/q",
                externalID: UUID().text
            )
            try await CustomerStore(pool: fleet.pool).insert(customer)
            let letter = DeadLetter(
                customerID: customer.id,
                queueURL: nil,
                messageID: "m",
                reason: "is not JSON",
                body: "hello"
            )
            let store = DeadLetterStore(pool: fleet.pool)
            try await fleet.queue.journal.withTransaction { try await store.insert([letter], in: $0) }
            let letters = try await run(fleet, ["events", "dead-letters", "--json"])
            guard letters.code == 0, case .array(let found) = try json(letters.output) else {
                Issue.record("\(letters.output)")
                return
            }
            #expect(found.map { $0.members?["body"] } == [.string("hello")])
            #expect(found.first?.members?["reason"] == .string("is not JSON"))
            let table = try await run(fleet, ["events", "dead-letters"])
            #expect(table.output.contains("is not JSON") && !table.output.contains("hello"))
            let queues = try await run(fleet, ["events", "queues", "--json", "--customer", customer.id.text])
            guard queues.code == 0, case .array(let seen) = try json(queues.output) else {
                Issue.record("\(queues.output)")
                return
            }
            #expect(seen.map { $0.members?["state"] } == [.string("off")])
            #expect(seen.first?.members?["problem"] == .null)
        }
    }

    @Test(arguments: [AttemptRecord.Status.success, .failed])
    func waitsForTheOutcome(_ status: AttemptRecord.Status) async throws {
        try await TestFleet.with { fleet in
            async let answer = run(
                fleet,
                ["job", "submit", "noop", "--param", "sleep_ms=5", "--wait", "--json"]
            )
            var job: UUID?
            try await eventually(within: .seconds(20), "the job") {
                let entries = try await fleet.queue.journal.entries(.init(), before: nil, limit: 1)
                job = entries.first?.job.id
                return job != nil
            }
            let id = try #require(job)
            _ = try await fleet.queue.journal.record([
                AttemptRecord(
                    jobID: id,
                    fence: 0,
                    attempt: 1,
                    queue: "noop",
                    workerID: nil,
                    startedAt: Date(),
                    duration: .zero,
                    status: status,
                    isTerminal: true,
                    failure: status == .success
                        ? nil : .init(code: "told", message: "as told", isRetryable: false)
                )
            ])
            let (code, output) = try await answer
            #expect(code == (status == .success ? 0 : 1))
            let members = try #require(try json(output).members)
            #expect(members["job_id"] == .string(id.text))
            #expect(members["state"] == .string(status.rawValue))
            #expect(members["parameters"]?.members?["sleep_ms"] == .integer(5))
            #expect((members["error"]?.members?["code"] == .string("told")) == (status == .failed))
        }
    }

    @Test func steersSchedules() async throws {
        try await TestFleet.with { fleet in
            let store = ScheduleStore(pool: fleet.pool)
            let add = ["schedules", "add", "canary", "noop", "--every", "60", "--param", "sleep_ms=1"]
            #expect(try await run(fleet, add).code == 0)
            #expect(try await run(fleet, add).code == 1)
            #expect(try await run(fleet, ["schedules", "pause", "canary"]).code == 0)
            #expect(try await store.find("canary")?.isPaused == true)
            #expect(try await run(fleet, ["schedules", "resume", "canary"]).code == 0)
            guard
                case .array(let rows) = try json(try await run(fleet, ["schedules", "ls", "--json"]).output),
                let row = rows.first?.members
            else {
                Issue.record("no list")
                return
            }
            #expect(row["name"] == .string("canary") && row["every_seconds"] == .integer(60))
            #expect(row["paused"] == .bool(false) && row["next_tick"] != .null && row["cron"] == .null)
            guard
                case .array(let made) = try json(
                    try await run(fleet, ["schedules", "run", "canary", "--json"]).output
                ), case .string(let id)? = made.first?.members?["job_id"], let id = UUID(uuidString: id)
            else {
                Issue.record("no job")
                return
            }
            #expect(try await fleet.queue.view(id)?.entry.job.submittedBy == "cloudoptim")
            #expect(try await run(fleet, ["schedules", "rm", "canary"]).code == 0)
            try await store.declare(Schedule.collectMetrics(every: .seconds(30)))
            #expect(try await run(fleet, ["schedules", "rm", "collect-metrics"]).code == 1)
        }
    }

    @Test func makesKeysThatAreShownOnce() async throws {
        try await TestFleet.with { fleet in
            let (code, output) = try await run(
                fleet,
                ["api-key", "create", "ci", "--scope", "submit", "--json"]
            )
            #expect(code == 0)
            guard case .array(let rows) = try json(output), let row = rows.first?.members,
                case .string(let key)? = row["api_key"], case .string(let id)? = row["key_id"]
            else {
                Issue.record("\(output)")
                return
            }
            let list = try await run(fleet, ["api-key", "list"]).output
            #expect(list.contains(id) && !list.contains(key))
            #expect(try await run(fleet, ["api-key", "revoke", id]).code == 0)
            #expect(try await run(fleet, ["api-key", "revoke", id]).code == 1)
        }
    }
}
