import Cryptography
import FoundationEssentials
import Store
import Testing

/// A key that is bound to a customer sees that customer, and nothing else.
@Suite("Tenants", .timeLimit(.minutes(1))) struct TenantTests {
    private struct Two {
        let mine: UUID
        let foreign: UUID
        let myCluster: UUID
        let foreignCluster: UUID
        let key: String

        init(_ api: TestAPI) async throws {
            mine = try await api.customer("Mine")
            foreign = try await api.customer("Foreign")
            myCluster = try await api.cluster("one", of: mine)
            foreignCluster = try await api.cluster("one", of: foreign)
            key = try await api.key(.admin, customer: mine)
        }
    }

    @Test func seesOnlyItsOwnClusters() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            let list = try await api.send("GET", "admin/clusters", key: two.key)
            #expect(list.array("clusters")?.map { $0.string("cluster_id") } == [two.myCluster.text])
            let own = "admin/clusters/\(two.myCluster.text)"
            #expect(try await api.send("GET", own, key: two.key).status == 200)
            let path = "admin/clusters/\(two.foreignCluster.text)"
            let answers = [
                try await api.send("GET", path, key: two.key),
                try await api.send("PUT", path, #"{"name":"taken over"}"#, key: two.key),
                try await api.send("PUT", path, "{", key: two.key),
                try await api.send("DELETE", path, key: two.key),
                try await api.send("GET", "admin/clusters?customer_id=\(two.foreign.text)", key: two.key),
                try await api.send("GET", "k8s/\(two.foreignCluster.text)/nodes", key: two.key),
                try await api.send("GET", "k8s/\(two.foreignCluster.text)/pods", key: two.key),
                try await api.send("GET", "k8s/\(two.foreignCluster.text)/metrics", key: two.key),
            ]
            for answer in answers { #expect(answer.status == 404, "\(answer.text)") }
            // Not to be told from one that does not exist.
            let none = try await api.send("GET", "admin/clusters/\(UUID().text)", key: two.key)
            #expect(none.string("error", "message") == answers[0].string("error", "message"))
            #expect(try await api.send("GET", path).string("name") == "one")
        }
    }

    @Test func seesOnlyItsOwnCustomer() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            let list = try await api.send("GET", "admin/customers", key: two.key)
            #expect(list.array("customers")?.map { $0.string("customer_id") } == [two.mine.text])
            let mine = try await api.send("GET", "admin/customers/\(two.mine.text)", key: two.key)
            #expect(mine.status == 200)
            let foreign = try await api.send("GET", "admin/customers/\(two.foreign.text)", key: two.key)
            #expect(foreign.status == 404)
            let new = try await api.send("POST", "admin/customers", #"{"company_name":"X"}"#, key: two.key)
            #expect(new.status == 404)
        }
    }

    @Test func registersForItselfOnly() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            func body(_ more: String) -> String {
                """
                {"name":"two","k8s_api_endpoint":"https://8.8.8.8","k8s_token":"t-0123456789","region":"us-east-1"\
                \(more)}
                """
            }
            let named = #","customer_id":"\#(two.foreign.text)""#
            let foreign = try await api.send("POST", "admin/clusters", body(named), key: two.key)
            #expect(foreign.status == 404)
            let own = try await api.send("POST", "admin/clusters", body(""), key: two.key)
            #expect(own.status == 201)
            #expect(own.string("customer_id") == two.mine.text)
        }
    }

    @Test func seesAndMakesOnlyItsOwnJobs() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            let fleetJob = try await api.job()
            let foreignJob = try await api.job(
                #"{"type":"collect-metrics","cluster_id":"\#(two.foreignCluster.text)"}"#
            )
            let mine = try await api.job(key: two.key)
            let list = try await api.send("GET", "jobs", key: two.key)
            #expect(list.array("jobs")?.map { $0.string("job_id") } == [mine.text])
            #expect(try await api.send("GET", "jobs/\(mine.text)", key: two.key).status == 200)
            for id in [fleetJob, foreignJob] {
                #expect(try await api.send("GET", "jobs/\(id.text)", key: two.key).status == 404)
                #expect(try await api.send("GET", "jobs/\(id.text)?wait=5", key: two.key).status == 404)
            }
            let filtered = try await api.send(
                "GET",
                "jobs?cluster_id=\(two.foreignCluster.text)",
                key: two.key
            )
            #expect(filtered.array("jobs") == [])
            for field in [
                #""cluster_id":"\#(two.foreignCluster.text)""#, #""customer_id":"\#(two.foreign.text)""#,
                #""cluster_id":"\#(UUID().text)""#,
            ] {
                let body = #"{"type":"noop",\#(field)}"#
                let answer = try await api.send("POST", "jobs", body, key: two.key)
                #expect(answer.status == 404, "\(answer.text)")
                let batch = try await api.send("POST", "jobs/batch", #"{"jobs":[\#(body)]}"#, key: two.key)
                let error = batch.array("results")?.first?.members?["error"]
                #expect(error?.string("code") == "NOT_FOUND")
            }
            let own = try await api.send(
                "POST",
                "jobs",
                #"{"type":"collect-metrics","cluster_id":"\#(two.myCluster.text)"}"#,
                key: two.key
            )
            #expect(own.status == 201)
            #expect(own.string("customer_id") == two.mine.text)
        }
    }

    @Test func keysOfTwoCustomersNeverMeet() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            let other = try await api.key(.admin, customer: two.foreign)
            let body = #"{"type":"noop","dedupe_key":"nightly"}"#
            let headers = ["Idempotency-Key": "same"]
            #expect(try await api.send("POST", "jobs", body, key: two.key, headers: headers).status == 201)
            #expect(try await api.send("POST", "jobs", body, key: other, headers: headers).status == 201)
        }
    }

    @Test func doesNotSeeWhatAllShare() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            for path in ["queues", "queues/noop", "queues/noop/jobs", "workers", "schedules", "/metrics"] {
                #expect(try await api.send("GET", path, key: two.key).status == 404, "\(path)")
            }
        }
    }

    @Test func makesAndSeesOnlyItsOwnKeys() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            let made = try await api.send(
                "POST",
                "admin/api-keys",
                #"{"name":"mine","scope":"read"}"#,
                key: two.key
            )
            #expect(made.status == 201)
            #expect(made.string("customer_id") == two.mine.text)
            let foreign = try await api.send(
                "POST",
                "admin/api-keys",
                #"{"name":"x","scope":"read","customer_id":"\#(two.foreign.text)"}"#,
                key: two.key
            )
            #expect(foreign.status == 404)
            let all = try await api.send("GET", "admin/api-keys")
            let adminKey = try #require(
                all.array("api_keys")?.first { $0.members?["customer_id"] == .null }?.string("key_id")
            )
            let seen = try await api.send("GET", "admin/api-keys", key: two.key)
            #expect(seen.array("api_keys")?.allSatisfy { $0.string("customer_id") == two.mine.text } == true)
            let revoked = try await api.send("DELETE", "admin/api-keys/\(adminKey)", key: two.key)
            #expect(revoked.status == 404)
        }
    }

    @Test func controlsOnlyItsOwnJobs() async throws {
        try await TestAPI.with { api in
            let two = try await Two(api)
            let body = #"{"type":"noop","customer_id":"\#(two.foreign.text)"}"#
            let foreign = try #require(try await api.send("POST", "jobs", body).string("job_id"))
            for call in [
                "POST jobs/\(foreign)/cancel", "POST jobs/\(foreign)/retry", "GET jobs/\(foreign)/why",
            ] {
                let parts = call.split(separator: " ").map(String.init)
                #expect(try await api.send(parts[0], parts[1], key: two.key).status == 404, "\(call)")
            }
            for call in ["POST queues/noop/pause", "DELETE queues/noop/dead", "GET autoscale"] {
                let parts = call.split(separator: " ").map(String.init)
                #expect(try await api.send(parts[0], parts[1], key: two.key).status == 404, "\(call)")
            }
            #expect(try await api.send("GET", "jobs/\(foreign)").string("state") == "ready")
        }
    }
}
