import Glibc
import HTTPClient
import Jobs
import Logging
import Postgres
import Store
import TestKit
import Testing

@Suite("What processes show", .timeLimit(.minutes(2))) struct TelemetryTests {
    private func get(_ port: Int, _ path: String) async throws -> (status: Int, text: String) {
        let http = HTTPClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            let response = try await http.execute(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
            await http.shutdown()
            return (response.status, String(decoding: response.body, as: UTF8.self))
        } catch {
            await http.shutdown()
            throw error
        }
    }

    @Test func aWorkerShowsItsMetricsAndItsTrace() async throws {
        let port = try FreePort.find()
        try await ProcessFleet.with(["METRICS_PORT": "\(port)"]) { fleet, _ in
            _ = try await fleet.startAPI()
            let worker = try await fleet.startWorker()
            let id = try await fleet.job(#"{"type":"noop"}"#)
            try await fleet.reached("success", id)
            #expect(try await get(port, "/health").status == 200)
            #expect(try await get(port, "/ready").status == 200)
            #expect(try await get(port, "/nothing").status == 404)
            let shown = try await get(port, "/metrics")
            #expect(shown.status == 200)
            for line in [
                #"cloudoptim_jobs_finished_total{type="noop",status="success"} 1.0"#,
                #"cloudoptim_job_wait_seconds_count{type="noop"} 1.0"#,
                #"cloudoptim_job_run_seconds_count{type="noop"} 1.0"#,
                #"cloudoptim_job_slack_seconds_count{type="noop"} 1.0"#,
                "cloudoptim_leases_lost_total 0.0", "cloudoptim_fenced_writes_total 0.0",
            ] {
                #expect(shown.text.contains(line), "\(line) is not in \(shown.text)")
            }
            #expect(!shown.text.contains(id))
            let api = try await fleet.send("GET", "/metrics").text
            #expect(api.contains(#"cloudoptim_jobs_submitted_total{type="noop"} 1.0"#), "\(api)")
            #expect(api.contains(#"cloudoptim_queue_ready{queue="noop"} 0.0"#), "\(api)")

            let (accepted, ended) = (
                fleet.logs.line("job accepted", id), worker.output.line("job run ended", id)
            )
            #expect(accepted?["trace_id"] != nil)
            #expect(accepted?["trace_id"] == ended?["trace_id"])
            #expect(ended?["span_id"] != nil)
            worker.signal(SIGTERM)
            #expect(try await worker.end() == 0)
        }
    }

    @Test func aSchedulerShowsItsReadiness() async throws {
        let port = try FreePort.find()
        try await ProcessFleet.with(["METRICS_PORT": "\(port)", "METRICS_HOST": "127.0.0.1"]) {
            fleet,
            servers in
            let scheduler = try await fleet.startScheduler()
            try await eventually(within: .seconds(10), "the server") {
                scheduler.output.contains("showing metrics")
            }
            #expect(try await get(port, "/ready").text.contains("ready"))
            #expect(try await get(port, "/metrics").status == 200)
            _ = try await servers.pool.execute("DELETE FROM schema_migrations")
            let ready = try await get(port, "/ready")
            #expect(ready.status == 503)
            #expect(ready.text.contains("problems"), "\(ready.text)")
            #expect(try await get(port, "/health").status == 200)
        }
    }
}

extension String {
    /// The members of the log line with this message about this job.
    fileprivate func line(_ message: String, _ job: String) -> [String: JSONValue]? {
        let line = split(separator: "\n").first { $0.contains("\"\(message)\"") && $0.contains(job) }
        return line.flatMap { try? JSONValue(parsing: Array($0.utf8)) }?.members
    }
}
