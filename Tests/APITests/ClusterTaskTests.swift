import Cryptography
import FoundationEssentials
import Jobs
import Store
import Testing

@testable import API

/// The calls under `/k8s/{cluster_id}` that make jobs.
@Suite("Cluster tasks", .timeLimit(.minutes(1))) struct ClusterTaskTests {
    private static let calls: [(path: String, type: JobType, body: String)] = [
        ("nodes/drain", .drainNode, #"{"node_name":"ip-10-0-1-23"}"#),
        ("nodes/cordon", .cordonNode, #"{"node_name":"ip-10-0-1-23"}"#),
        ("nodes/uncordon", .uncordonNode, #"{"node_name":"ip-10-0-1-23"}"#),
        ("scale", .scaleDeployment, #"{"deployment_name":"web","namespace":"shop","replicas":3}"#),
    ]

    @Test func makeJobs() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let cluster = try await api.cluster("one", of: customer)
            let submit = try await api.key(.submit)
            for (path, type, body) in Self.calls {
                let made = try await api.send("POST", "k8s/\(cluster.text)/\(path)", body, key: submit)
                #expect(made.status == 201, "\(made.text)")
                let id = try #require(made.string("job_id"))
                #expect(made.header("Location") == "/api/v1/jobs/\(id)")
                #expect(made.string("type") == type.rawValue)
                #expect(made.string("cluster_id") == cluster.text)
                #expect(made.string("customer_id") == customer.text)
                #expect(made["parameters"] == (try JSONValue(parsing: Array(body.utf8))))
                #expect(made["dry_run"] == .bool(false))
                // As remote tasks are told.
                #expect(made.string("task_id") == id)
                #expect(made.string("status") == "ready")
                #expect(try await api.send("GET", "jobs/\(id)").string("job_id") == id)
                let read = try await api.key(.read)
                let refused = try await api.send("POST", "k8s/\(cluster.text)/\(path)", body, key: read)
                #expect(refused.status == 403)
            }
        }
    }

    @Test func takeWhatEveryJobHas() async throws {
        try await TestAPI.with { api in
            let cluster = try await api.cluster("one", of: try await api.customer())
            let deadline = Date().addingTimeInterval(300).rfc3339
            let made = try await api.send(
                "POST",
                "k8s/\(cluster.text)/nodes/drain",
                """
                {"node_name":"n","grace_period":90,"timeout_seconds":60,"force_unreplicated":true,
                 "priority":2,"deadline":"\(deadline)","dry_run":true,"ignore_opt_outs":null}
                """
            )
            #expect(made.status == 201, "\(made.text)")
            #expect(
                made["parameters"]
                    == .object([
                        "node_name": .string("n"), "grace_period_seconds": .integer(90),
                        "timeout_seconds": .integer(60), "force_unreplicated": .bool(true),
                    ])
            )
            #expect(made["priority"] == .integer(2))
            #expect(made.string("deadline") == deadline)
            #expect(made["dry_run"] == .bool(true))
            // A drain may take an hour, and its job as well.
            let long = try await api.send(
                "POST",
                "k8s/\(cluster.text)/nodes/drain",
                #"{"node_name":"m","timeout_seconds":3600}"#
            )
            let end = try #require(long.string("deadline").flatMap { Date(rfc3339: $0) })
            #expect(end.timeIntervalSinceNow > 3600)
        }
    }

    private static let wrong: [(path: String, body: String, field: String)] = [
        ("nodes/drain", "{}", "node_name"),
        ("nodes/cordon", #"{"node_name":""}"#, "node_name"),
        ("nodes/cordon", #"{"node_name":7}"#, "node_name"),
        ("nodes/cordon", #"{"node_name":"../namespaces"}"#, "node_name"),
        ("nodes/cordon", #"{"node_name":".."}"#, "node_name"),
        ("nodes/cordon", #"{"node_name":"Node"}"#, "node_name"),
        ("nodes/cordon", #"{"node_name":"n","grace_period":1}"#, "grace_period"),
        ("nodes/uncordon", #"{"node_name":"n","node":"m"}"#, "node"),
        ("nodes/drain", #"{"node_name":"n","timeout_seconds":0}"#, "timeout_seconds"),
        ("nodes/drain", #"{"node_name":"n","timeout_seconds":3601}"#, "timeout_seconds"),
        ("nodes/drain", #"{"node_name":"n","grace_period_seconds":"9"}"#, "grace_period_seconds"),
        ("nodes/drain", #"{"node_name":"n","grace_period":9,"grace_period_seconds":9}"#, "grace_period"),
        ("nodes/drain", #"{"node_name":"n","delete_local_storage":1}"#, "delete_local_storage"),
        ("nodes/drain", #"{"node_name":"n","priority":11}"#, "priority"),
        ("nodes/drain", #"{"node_name":"n","deadline":"soon"}"#, "deadline"),
        ("nodes/drain", #"{"node_name":"n","dry_run":"yes"}"#, "dry_run"),
        ("nodes/drain", #"["n"]"#, "body"),
        ("scale", #"{"namespace":"s","replicas":1}"#, "deployment_name"),
        ("scale", #"{"deployment_name":"d","replicas":1}"#, "namespace"),
        ("scale", #"{"deployment_name":"d","namespace":"s"}"#, "replicas"),
        ("scale", #"{"deployment_name":"d","namespace":"s","replicas":-1}"#, "replicas"),
        ("scale", #"{"deployment_name":"d","namespace":"s","replicas":10001}"#, "replicas"),
        ("scale", #"{"deployment_name":"d","namespace":"..","replicas":1}"#, "namespace"),
    ]

    @Test func nameTheFieldThatIsWrong() async throws {
        try await TestAPI.with { api in
            let cluster = try await api.cluster("one", of: try await api.customer())
            for (path, body, field) in Self.wrong {
                let refused = try await api.send("POST", "k8s/\(cluster.text)/\(path)", body)
                #expect(refused.status == 400, "\(path) \(body): \(refused.text)")
                #expect(refused.field == field, "\(path) \(body): \(refused.text)")
            }
            #expect(try await api.send("GET", "jobs").array("jobs") == [])
        }
    }

    @Test func areTheirOwnCustomersOnly() async throws {
        try await TestAPI.with { api in
            let mine = try await api.customer("Mine")
            let foreign = try await api.cluster("one", of: try await api.customer("Foreign"))
            let key = try await api.key(.admin, customer: mine)
            for (path, _, body) in Self.calls {
                for (id, body) in [(foreign.text, body), (foreign.text, "{"), (UUID().text, body)] {
                    let refused = try await api.send("POST", "k8s/\(id)/\(path)", body, key: key)
                    #expect(refused.status == 404, "\(refused.text)")
                }
            }
            #expect(try await api.send("GET", "jobs").array("jobs") == [])
        }
    }

    @Test func areMadeOnceForAKey() async throws {
        try await TestAPI.with { api in
            let cluster = try await api.cluster("one", of: try await api.customer())
            let headers = ["Idempotency-Key": "same"]
            let body = #"{"node_name":"n"}"#
            let path = "k8s/\(cluster.text)/nodes/cordon"
            let first = try await api.send("POST", path, body, headers: headers)
            #expect(first.status == 201)
            let again = try await api.send("POST", path, body, headers: headers)
            #expect(again.status == 200)
            #expect(again.string("job_id") == first.string("job_id"))
            #expect(again.header("Location") == first.header("Location"))
            // The same body elsewhere asks for something else.
            let other = "k8s/\(cluster.text)/nodes/uncordon"
            #expect(try await api.send("POST", other, body, headers: headers).status == 409)
        }
    }

    @Test func canBeWaitedFor() async throws {
        try await TestAPI.with { api in
            let cluster = try await api.cluster("one", of: try await api.customer())
            let path = "k8s/\(cluster.text)/nodes/cordon?wait="
            #expect(try await api.send("POST", path + "61", #"{"node_name":"n"}"#).field == "wait")
            async let answer = api.send("POST", path + "50", #"{"node_name":"n"}"#)
            var made: UUID?
            while made == nil {
                made = try await api.send("GET", "jobs").array("jobs")?.first?.string("job_id")
                    .flatMap { UUID(uuidString: $0) }
            }
            try await api.finish(try #require(made), metadata: #"{"changed":true}"#)
            let finished = try await answer
            #expect(finished.status == 201)
            #expect(finished.string("status") == "success")
            #expect(finished["outcome", "metadata", "changed"] == .bool(true))
        }
    }

    /// What the document says of bodies is what they take.
    @Test func areDescribedAsTheyAre() async throws {
        try await TestAPI.with { api in
            let schemas = try #require(
                try await api.send("GET", "/openapi.json", key: "")["components", "schemas"]?.members
            )
            for (name, type) in [
                ("DrainTask", JobType.drainNode), ("NodeTask", .cordonNode), ("NodeTask", .uncordonNode),
                ("ScaleTask", .scaleDeployment),
            ] {
                let fields = schemas[name]?.members?["properties"]?.members?.keys.map(\.self) ?? []
                #expect(Set(fields) == ClusterTaskBody.names(of: type))
                let required = JobCatalogue.defaults(of: type).parameters.filter(\.isRequired).map(\.name)
                #expect(schemas[name]?.members?["required"] == .array(required.map(JSONValue.string)))
            }
        }
    }
}
