import Glibc
import Jobs
import Store
import TestKit
import Testing

/// The executable, as operators leave it running.
@Suite("cloudoptim --watch", .timeLimit(.minutes(1))) struct WatchTests {
    private func environment(_ fleet: TestFleet) throws -> [String: String] {
        [
            "DATABASE_URL": try TestServers.databaseURL(fleet.databaseName),
            "REDIS_URL": try TestServers.redisURL(), "CLOUDOPTIM_FLEET": fleet.fleetName,
            "CLOUDOPTIM_MASTER_KEY": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        ]
    }

    @Test(arguments: [["queue", "ls"], ["queue", "stats", "noop"], ["workers"], ["schedules", "ls"]])
    func showsAgainUntilInterrupted(_ arguments: [String]) async throws {
        try await TestFleet.with { fleet in
            let directory = try TemporaryDirectory()
            let process = try ChildProcess(
                [try Executable.operators.path()] + arguments + ["--watch", "--json"],
                environment: try environment(fleet),
                log: "\(directory.path)/log"
            )
            defer { process.remove() }
            try await eventually(within: .seconds(20), "the second look") {
                process.output.split(separator: "\n").count >= 2
            }
            process.signal(SIGINT)
            #expect(try await process.end() == 0)
            for line in process.output.split(separator: "\n") {
                _ = try JSONValue(parsing: Array(line.utf8))
            }
        }
    }

    @Test func aFirstLookThatFailsIsAFailure() async throws {
        try await TestFleet.with { fleet in
            let away = try environment(fleet).merging(["REDIS_URL": "redis://127.0.0.1:1"]) { $1 }
            let command = [try Executable.operators.path(), "workers", "--watch"]
            let (code, output) = try await ChildProcess.run(command, environment: away)
            #expect(code == 1)
            #expect(output.hasPrefix("cloudoptim: "))
        }
    }

    @Test func showsWhatAJobWaitsFor() async throws {
        try await TestFleet.with { fleet in
            guard
                case .accepted(let job) = try await fleet.queue.submit(
                    JobSubmission(type: "noop", submittedBy: "t")
                )
            else {
                Issue.record("not accepted")
                return
            }
            let command = [try Executable.operators.path(), "job", "show", job.id.text]
            let (code, output) = try await ChildProcess.run(
                command + ["--json"],
                environment: try environment(fleet)
            )
            #expect(code == 0)
            let members = try JSONValue(parsing: Array(output.utf8)).members
            guard case .array(let reasons)? = members?["waits_for"] else {
                Issue.record("\(output)")
                return
            }
            #expect(reasons.map { $0.members?["code"] } == [.string("no_worker")])
            let text = try await ChildProcess.run(command, environment: try environment(fleet)).output
            #expect(text.contains("waits_for"))
        }
    }

    @Test func answersInJSONWhateverIsAsked() async throws {
        try await TestFleet.with { fleet in
            for arguments in [
                ["schedules", "add", "x", "noop", "--every", "3600"], ["schedules", "pause", "x"],
                ["schedules", "resume", "x"], ["schedules", "rm", "x"], ["queue", "pause", "noop"],
                ["queue", "resume", "noop"], ["queue", "retry-dead", "noop"],
                ["queue", "purge-dead", "noop"],
                ["rebuild"], ["migrate"], ["api-key", "list"],
            ] {
                let (code, output) = try await ChildProcess.run(
                    [try Executable.operators.path()] + arguments + ["--json"],
                    environment: try environment(fleet)
                )
                #expect(code == 0, "\(arguments): \(output)")
                guard case .array(let rows) = try JSONValue(parsing: Array(output.utf8)) else {
                    Issue.record("\(arguments): \(output)")
                    continue
                }
                if arguments[0] == "schedules" { #expect(rows.count == 1) }
            }
        }
    }
}
