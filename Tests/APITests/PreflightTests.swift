import FoundationEssentials
import Store
import TestKit
import Testing

@testable import API

@Suite("Preflights", .timeLimit(.minutes(1))) struct PreflightTests {
    private static let body = """
        {"name":"prod","k8s_api_endpoint":"https://8.8.8.8","k8s_token":"token-1","region":"eu-central-1"}
        """

    @Test func everyRegistrationMakesOne() async throws {
        try await TestAPI.with { api in
            let made = try await api.send("POST", "admin/clusters", Self.body)
            #expect(made.status == 201 && made["preflight"] == .null)
            let id = try #require(made.string("cluster_id"))
            let jobs = try await api.send("GET", "jobs?type=preflight&cluster_id=\(id)")
            #expect(jobs.array("jobs")?.count == 1)
            // One that waits stands for the next call, too.
            let again = try await api.send("POST", "admin/clusters/\(id)/preflight")
            #expect(again.status == 200)
            #expect(again.string("job_id") == jobs.array("jobs")?.first?.string("job_id"))
            #expect(again.string("type") == "preflight")
            // What is refused makes none.
            #expect(
                try await api.send("POST", "admin/clusters", Self.body.replacing("8.8.8.8", with: "")).status
                    == 400
            )
            let all = try await api.send("GET", "jobs?type=preflight")
            #expect(all.array("jobs")?.count == 1)
        }
    }

    @Test func theLatestIsShown() async throws {
        try await TestAPI.with { api in
            let cluster = try await api.cluster("one", of: try await api.customer())
            let path = "admin/clusters/\(cluster.text)"
            #expect(try await api.send("GET", "\(path)/preflight").status == 404)
            let store = PreflightStore(pool: api.fleet.pool)
            var record = PreflightRecord(
                clusterID: cluster,
                jobID: .version7(),
                askedAt: Date(timeIntervalSince1970: 1_800_000_000),
                verdict: "limited",
                report: Array(#"{"verdict":"limited","checks":[]}"#.utf8),
                subject: try await store.subject(of: cluster)
            )
            #expect(try await store.keep(record))
            // A job that began earlier, and ended later.
            record.askedAt -= 60
            record.verdict = "ready"
            #expect(try await !store.keep(record))
            record.clusterID = .version7()
            #expect(try await !store.keep(record), "there is no such cluster")
            let answer = try await api.send("GET", "\(path)/preflight")
            #expect(answer.status == 200)
            #expect(answer.string("verdict") == "limited")
            #expect(answer.string("report", "verdict") == "limited")
            #expect(answer.string("checked_at") == "2027-01-15T08:00:00.000Z")
            let shown = try await api.send("GET", path)
            #expect(shown.string("preflight", "verdict") == "limited")
            #expect(shown.string("preflight", "job_id") == record.jobID.text)
        }
    }

    @Test func isForThoseWhoSeeTheCluster() async throws {
        try await TestAPI.with { api in
            let mine = try await api.customer("Mine")
            let cluster = try await api.cluster("one", of: try await api.customer("Foreign"))
            let key = try await api.key(.admin, customer: mine)
            let path = "admin/clusters/\(cluster.text)/preflight"
            #expect(try await api.send("GET", path, key: key).status == 404)
            #expect(try await api.send("POST", path, key: key).status == 404)
            let reader = try await api.key(.read)
            #expect(try await api.send("POST", path, key: reader).status == 403)
            #expect(try await api.send("POST", path, key: try await api.key(.submit)).status == 201)
        }
    }

    @Test func everyChangeOfAccessMakesOneAnew() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let cluster = try await api.cluster("one", of: customer)
            let paused = try await api.cluster("two", of: customer)
            let path = "admin/clusters/\(cluster.text)"
            #expect(
                try await api.send("PUT", "admin/clusters/\(paused.text)", #"{"status":"paused"}"#).status
                    == 200
            )
            #expect(try await api.preflights().isEmpty, "a pause changes nothing of what may be done")
            #expect(try await api.send("PUT", path, #"{"k8s_token":"token-2"}"#).status == 200)
            let first = try await api.preflights()
            #expect(first.count == 1 && first.first?.cluster == cluster.text)
            // The next one takes the place of the one that waits: it is about more.
            let account = "admin/customers/\(customer.text)"
            let role = #"{"aws_role_arn":"arn:aws:iam::123456789012:role/cloudoptim"}"#
            #expect(try await api.send("PUT", account, role).status == 200)
            let second = try await api.preflights()
            #expect(second.count == 1 && second.first?.cluster == cluster.text, "a paused one is left alone")
            #expect(second.first?.job != first.first?.job)
            // What is the same as before, or has nothing to do with access, makes none.
            #expect(try await api.send("PUT", account, role).status == 200)
            #expect(try await api.send("PUT", account, #"{"email":"a@example.com"}"#).status == 200)
            #expect(try await api.preflights().map(\.job) == second.map(\.job))
            #expect(
                try await api.send("PUT", "admin/clusters/\(paused.text)", #"{"status":"active"}"#).status
                    == 200
            )
            #expect(try await api.preflights().count == 2)
        }
    }

    @Test func aReportOfAnotherRegistrationIsStale() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let cluster = try await api.cluster("one", of: customer)
            let path = "admin/clusters/\(cluster.text)"
            let store = PreflightStore(pool: api.fleet.pool)
            var record = PreflightRecord(
                clusterID: cluster,
                jobID: .version7(),
                askedAt: Date(),
                verdict: "limited",
                report: Array("{}".utf8),
                subject: try await store.subject(of: cluster)
            )
            func isStale() async throws -> JSONValue? {
                let shown = try await api.send("GET", path)["preflight"]?.members?["stale"]
                let whole = try await api.send("GET", "\(path)/preflight")["stale"]
                #expect(shown == whole)
                return whole
            }
            #expect(try await store.keep(record))
            #expect(try await isStale() == .bool(false))
            for (place, body, stales) in [
                (path, #"{"status":"paused"}"#, false),
                (path, #"{"k8s_token":"registered-token"}"#, true),
                ("admin/customers/\(customer.text)", #"{"email":"a@example.com"}"#, false),
                ("admin/customers/\(customer.text)", #"{"sqs_queue_url":""}"#, false),
                (
                    "admin/customers/\(customer.text)",
                    #"{"aws_role_arn":"arn:aws:iam::123456789012:role/cloudoptim"}"#, true
                ),
                (path, #"{"name":"other"}"#, true),
            ] {
                #expect(try await api.send("PUT", place, body).status == 200, "\(body)")
                #expect(try await isStale() == .bool(stales), "\(body)")
                record.subject = try await store.subject(of: cluster)
                record.askedAt = Date()
                #expect(try await store.keep(record))
            }
            record.subject = nil
            record.askedAt = Date()
            #expect(try await store.keep(record))
            #expect(try await isStale() == .bool(true), "one of before, of which it is not known")
        }
    }

    @Test func changesStandWithoutRedis() async throws {
        try await TestAPI.with(["REDIS_URL": "redis://127.0.0.1:1"]) { api in
            let customer = try await api.customer()
            let cluster = try await api.cluster("one", of: customer)
            let token = #"{"k8s_token":"token-2"}"#
            #expect(try await api.send("PUT", "admin/clusters/\(cluster.text)", token).status == 200)
            let role = #"{"aws_role_arn":"arn:aws:iam::123456789012:role/cloudoptim"}"#
            #expect(try await api.send("PUT", "admin/customers/\(customer.text)", role).status == 200)
            #expect(try await api.send("GET", "jobs?type=preflight").array("jobs")?.isEmpty == false)
        }
    }
}

extension TestAPI {
    /// The preflights that wait.
    fileprivate func preflights() async throws -> [(job: String?, cluster: String?)] {
        let jobs = try await send("GET", "jobs?type=preflight").array("jobs") ?? []
        return jobs.filter { $0.string("state") == "ready" }
            .map { (job: $0.string("job_id"), cluster: $0.string("cluster_id")) }
    }
}
