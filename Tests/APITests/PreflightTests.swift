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
                report: Array(#"{"verdict":"limited","checks":[]}"#.utf8)
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
}
