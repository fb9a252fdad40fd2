import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite("Schedules over HTTP", .timeLimit(.minutes(1))) struct ScheduleTests {
    @Test func areMadeShownAndRemoved() async throws {
        try await TestAPI.with { api in
            let body =
                #"{"name":"canary","type":"noop","every_seconds":1,"missed":"all","parameters":{"sleep_ms":1}}"#
            let made = try await api.send("POST", "schedules", body)
            #expect(made.status == 201, "\(made.text)")
            #expect(made["every_seconds"] == .integer(1))
            #expect(made["max_catch_up"] == .integer(60))
            #expect(made["parameters"] == .object(["sleep_ms": .integer(1)]))
            #expect(made["per_cluster"] == .bool(false) && made["built_in"] == .bool(false))
            #expect(made["cron"] == .null && made["last_tick"] == .null)
            #expect(made.string("next_tick")?.hasSuffix(".000Z") == true)
            #expect(try await api.send("POST", "schedules", body).status == 409)
            let list = try await api.send("GET", "schedules")
            #expect(list["leader"] == .null)
            #expect(list.array("schedules")?.map { $0.string("name") } == ["canary"])
            #expect(try await api.send("DELETE", "schedules/canary").status == 204)
            #expect(try await api.send("DELETE", "schedules/canary").status == 404)
        }
    }

    @Test func followCronInATimeZone() async throws {
        try await TestAPI.with { api in
            let made = try await api.send(
                "POST",
                "schedules",
                #"{"name":"nightly","type":"collect-metrics","cron":"0 2 1 7 *","time_zone":"Europe/Berlin"}"#
            )
            #expect(made.status == 201, "\(made.text)")
            #expect(made.string("next_tick")?.hasSuffix("-07-01T00:00:00.000Z") == true, "\(made.text)")
            #expect(made["per_cluster"] == .bool(true))
            #expect(made.string("time_zone") == "Europe/Berlin")
            #expect(made["every_seconds"] == .null && made["max_catch_up"] == .null)
        }
    }

    @Test(arguments: [
        (#"{"name":"x","type":"noop"}"#, "every_seconds"),
        (#"{"name":"x","type":"noop","every_seconds":1,"cron":"@daily"}"#, "every_seconds"),
        (#"{"name":"x","type":"noop","every_seconds":0}"#, "every_seconds"),
        (#"{"name":"x","type":"noop","every_seconds":0.5}"#, "every_seconds"),
        (#"{"name":"X y","type":"noop","every_seconds":1}"#, "name"),
        (#"{"name":"x","type":"nap","every_seconds":1}"#, "type"),
        (#"{"name":"x","type":"noop","cron":"61 * * * *"}"#, "cron"),
        (#"{"name":"x","type":"noop","cron":"@daily","time_zone":"Mars"}"#, "time_zone"),
        (#"{"name":"x","type":"noop","every_seconds":1,"missed":"some"}"#, "missed"),
        (#"{"name":"x","type":"noop","every_seconds":1,"max_catch_up":5}"#, "max_catch_up"),
        (#"{"name":"x","type":"noop","every_seconds":1,"missed":"all","max_catch_up":0}"#, "max_catch_up"),
        (#"{"name":"x","type":"noop","every_seconds":1,"jitter_seconds":1e300}"#, "jitter_seconds"),
        (#"{"name":"x","type":"noop","every_seconds":1,"parameters":{"fail":"so"}}"#, "parameters.fail"),
        (#"{"name":"x","type":"collect-metrics","every_seconds":60,"per_cluster":false}"#, "per_cluster"),
        (#"{"name":"x","type":"noop","every_seconds":1,"every":1}"#, "every"),
    ])
    func nameTheFieldThatIsWrong(body: String, field: String) async throws {
        try await TestAPI.with { api in
            let answer = try await api.send("POST", "schedules", body)
            #expect(answer.status == 400 && answer.field == field, "\(answer.text)")
        }
    }

    @Test func ofTheProgramCanBePausedButNotRemoved() async throws {
        try await TestAPI.with { api in
            let store = ScheduleStore(pool: api.fleet.pool)
            try await store.declare(Schedule.collectMetrics(every: .seconds(30)))
            let refused = try await api.send("DELETE", "schedules/collect-metrics")
            #expect(refused.status == 409 && refused.code == "CONFLICT")
            let paused = try await api.send("POST", "schedules/collect-metrics/pause")
            #expect(paused.status == 200 && paused["paused"] == .bool(true) && paused["next_tick"] == .null)
            let resumed = try await api.send("POST", "schedules/collect-metrics/resume")
            #expect(resumed["paused"] == .bool(false) && resumed.string("next_tick") != nil)
            for action in ["pause", "resume", "run"] {
                #expect(try await api.send("POST", "schedules/none/\(action)").status == 404)
            }
        }
    }

    @Test func runNowForEachCluster() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let clusters = [
                try await api.cluster("a", of: customer), try await api.cluster("b", of: customer),
            ]
            let body = #"{"name":"hello","type":"noop","every_seconds":3600,"per_cluster":true}"#
            #expect(try await api.send("POST", "schedules", body).status == 201)
            let answer = try await api.send("POST", "schedules/hello/run")
            #expect(answer.status == 201 && answer["jobs"] == .integer(2), "\(answer.text)")
            var seen: Set<String> = []
            for case .string(let id) in answer.array("job_ids") ?? [] {
                seen.insert(try await api.send("GET", "jobs/\(id)").string("cluster_id") ?? "")
            }
            #expect(seen == Set(clusters.map(\.text)))
        }
    }

    @Test func sayWhoLeads() async throws {
        try await TestAPI.with { api in
            let store = LeadershipStore(pool: api.fleet.pool)
            _ = try await store.acquire(Leadership.clock, holder: "h:1:x", for: .seconds(60))
            let answer = try await api.send("GET", "schedules")
            #expect(answer["leader", "holder"] == .string("h:1:x"))
            #expect(answer["leader", "term"] == .integer(1))
            #expect(answer.string("leader", "expires_at") != nil)
        }
    }

    @Test func areChangedByOperatorsOfTheFleetOnly() async throws {
        try await TestAPI.with { api in
            let submitter = try await api.key(.submit)
            let bound = try await api.key(.admin, customer: try await api.customer())
            for (method, path) in [
                ("POST", "schedules"), ("DELETE", "schedules/x"), ("POST", "schedules/x/run"),
                ("POST", "schedules/x/pause"), ("POST", "schedules/x/resume"),
            ] {
                let body = #"{"name":"x","type":"noop","every_seconds":1}"#
                #expect(
                    try await api.send(method, path, body, key: submitter).status == 403,
                    "\(method) \(path)"
                )
                #expect(try await api.send(method, path, body, key: bound).status == 404, "\(method) \(path)")
            }
        }
    }
}
