import FoundationEssentials
import Jobs
import Store
import TestKit
import Testing

@testable import API

@Suite("Scanner", .timeLimit(.minutes(1))) struct ScannerTests {
    private struct Haunted {
        let api: TestAPI
        let store: GhostStore
        let customer: UUID
        let cluster: UUID

        init(_ api: TestAPI, _ name: String = "Example") async throws {
            self.api = api
            store = GhostStore(pool: api.fleet.pool)
            customer = try await api.customer(name)
            cluster = try await api.cluster("shop", of: customer)
        }

        @discardableResult
        func ghost(
            _ instance: String,
            _ status: GhostRecord.Status = .flagged,
            due: Double = -1
        ) async throws -> String {
            let now = try await store.now()
            var ghost = GhostRecord(
                kind: .instance,
                customerID: customer,
                clusterID: cluster,
                instanceID: instance,
                region: "us-east-1",
                tags: Array("{}".utf8),
                status: .detected,
                seenAt: now
            )
            ghost.evidence = Array(#"{"owned":3}"#.utf8)
            ghost.hourlyPrice = "0.0960"
            let new = ghost
            ghost.status = status
            ghost.flaggedAt = now
            ghost.dueAt = now.addingTimeInterval(due)
            let changed = ghost
            try await api.fleet.queue.transaction { transaction in
                _ = try await store.insert(new, in: transaction.store)
                _ = try await store.update(changed, in: transaction.store)
            }
            return ghost.id.text
        }
    }

    @Test func makesAScanOfEachActiveCluster() async throws {
        try await TestAPI.with { api in
            let haunted = try await Haunted(api)
            let second = try await api.cluster("till", of: haunted.customer)
            let paused = try await api.cluster("paused", of: haunted.customer)
            _ = try await api.send("PUT", "admin/clusters/\(paused.text)", #"{"status":"paused"}"#)
            let body = #"{"customer_id":"\#(haunted.customer.text)"}"#
            let answer = try await api.send("POST", "scanner/scan", body)
            #expect(answer.status == 201)
            let scans = try #require(answer.array("scans"))
            #expect(
                Set(scans.compactMap { $0.string("cluster_id") }) == [haunted.cluster.text, second.text]
            )
            let first = try #require(scans.first?.string("job_id"))
            #expect(answer.string("scan_id") == first)
            #expect(answer["ghosts_found"] == .integer(0))
            #expect(try await api.send("GET", "jobs/\(first)").string("type") == "scan-ghosts")
            // One that waits already will do.
            let again = try await api.send("POST", "scanner/scan", body)
            #expect(again.string("scan_id") == first)
            #expect(try await api.send("POST", "scanner/scan", "{}").status == 400)
            let one = try await api.send("POST", "scanner/scan", #"{"cluster_id":"\#(paused.text)"}"#)
            #expect(one.status == 409)
        }
    }

    @Test func showsWhenAGhostIsDueAndWhy() async throws {
        try await TestAPI.with { api in
            let haunted = try await Haunted(api)
            let id = try await haunted.ghost("i-0a")
            try await haunted.ghost("i-0b", .detected)
            let list = try await api.send("GET", "scanner/ghosts?status=flagged")
            let ghost = try #require(list.array("ghosts")?.first?.members)
            #expect(list.array("ghosts")?.count == 1)
            #expect(ghost["ghost_id"] == .string(id))
            #expect(ghost["due_at"] != .null && ghost["due_at"] != nil)
            #expect(ghost["evidence"]?.members?["owned"] == .integer(3))
            #expect(ghost["usd_per_hour"] == .number(0.096))
            let page = try await api.send("GET", "scanner/ghosts?limit=1")
            let cursor = try #require(page.string("next_cursor"))
            let next = try await api.send("GET", "scanner/ghosts?limit=1&cursor=\(cursor)")
            #expect(next.array("ghosts")?.first?.string("instance_id") == "i-0a")
            #expect(try await api.send("GET", "scanner/ghosts/\(id)").string("instance_id") == "i-0a")
            #expect(try await api.send("GET", "scanner/ghosts?status=gone").status == 400)
            #expect(try await api.send("GET", "scanner/ghosts?kind=volume").array("ghosts")?.isEmpty == true)
        }
    }

    @Test func keepsAndKeepsNoMore() async throws {
        try await TestAPI.with { api in
            let haunted = try await Haunted(api)
            let id = try await haunted.ghost("i-0a")
            let key = try await api.key(.submit, customer: haunted.customer)
            let kept = try await api.send("POST", "scanner/ghosts/\(id)/keep", key: key)
            #expect(kept.status == 200 && kept.string("status") == "kept")
            #expect(kept.string("kept_by") == "test-submit")
            #expect(try await api.send("POST", "scanner/terminate/\(id)").status == 409)
            #expect(try await api.send("POST", "scanner/ghosts/\(id)/unkeep", key: key).status == 403)
            let freed = try await api.send("POST", "scanner/ghosts/\(id)/unkeep")
            #expect(freed.string("status") == "unflagged")
            #expect(try await api.send("POST", "scanner/ghosts/\(id)/keep").status == 409)
            let history = try await api.send("GET", "scanner/history?ghost_id=\(id)")
            #expect(history.array("events")?.compactMap { $0.string("kind") } == ["unkept", "kept"])
        }
    }

    @Test func terminatesWhatIsDue() async throws {
        try await TestAPI.with { api in
            let haunted = try await Haunted(api)
            let due = try await haunted.ghost("i-0a")
            let early = try await haunted.ghost("i-0b", due: 3600)
            let detected = try await haunted.ghost("i-0c", .detected)
            let answer = try await api.send("POST", "scanner/terminate/\(due)")
            #expect(answer.status == 201)
            let job = try #require(answer.string("job_id"))
            let shown = try await api.send("GET", "jobs/\(job)")
            #expect(shown.string("type") == "terminate-ghost")
            #expect(shown["parameters", "instance_id"] == .string("i-0a"))
            // The same job stands for both calls.
            #expect(try await api.send("POST", "scanner/terminate/\(due)").string("job_id") == job)
            let refused = try await api.send("POST", "scanner/terminate/\(early)")
            #expect(refused.status == 409)
            #expect(refused["error", "details", "due_at"] != nil)
            let waived = try await api.send("POST", "scanner/terminate/\(early)", #"{"skip_grace":true}"#)
            #expect(waived.status == 201)
            #expect(waived["ghost", "grace_waived_by"] == .string("test-admin"))
            #expect(try await api.send("POST", "scanner/terminate/\(detected)").status == 409)
            let submitter = try await api.key(.submit)
            #expect(try await api.send("POST", "scanner/terminate/\(due)", key: submitter).status == 403)
        }
    }

    @Test func switchesOffAndOn() async throws {
        try await TestAPI.with { api in
            let haunted = try await Haunted(api)
            let key = try await api.key(.operate, customer: haunted.customer)
            #expect(try await api.send("GET", "scanner/switch")["enabled"] == .bool(true))
            let off = try await api.send(
                "PUT",
                "scanner/switch",
                #"{"enabled":false,"reason":"incident"}"#,
                key: key
            )
            #expect(off["enabled"] == .bool(false))
            #expect(off["customer", "reason"] == .string("incident"))
            // A customer's key switches its own, never the fleet's.
            #expect(off["fleet", "enabled"] == .bool(true))
            #expect(try await api.send("GET", "scanner/switch")["enabled"] == .bool(true))
            let fleet = try await api.send("PUT", "scanner/switch", #"{"enabled":false}"#)
            #expect(fleet["fleet", "enabled"] == .bool(false))
            #expect(try await haunted.store.isOff(for: .version7()))
            #expect(try await api.send("PUT", "scanner/switch", "{}").status == 400)
        }
    }

    @Test func seesOnlyItsOwn() async throws {
        try await TestAPI.with { api in
            let mine = try await Haunted(api, "Mine")
            let foreign = try await Haunted(api, "Foreign")
            let id = try await foreign.ghost("i-0a")
            try await mine.ghost("i-0b")
            let key = try await api.key(.admin, customer: mine.customer)
            let list = try await api.send("GET", "scanner/ghosts", key: key)
            #expect(list.array("ghosts")?.compactMap { $0.string("instance_id") } == ["i-0b"])
            let calls: [(String, String, String?)] = [
                ("GET", "scanner/ghosts/\(id)", nil), ("POST", "scanner/ghosts/\(id)/keep", nil),
                ("POST", "scanner/ghosts/\(id)/unkeep", nil), ("POST", "scanner/terminate/\(id)", nil),
                ("GET", "scanner/ghosts?customer_id=\(foreign.customer.text)", nil),
                ("GET", "scanner/history?customer_id=\(foreign.customer.text)", nil),
                ("GET", "scanner/scans?customer_id=\(foreign.customer.text)", nil),
                ("GET", "scanner/switch?customer_id=\(foreign.customer.text)", nil),
                ("POST", "scanner/scan", #"{"customer_id":"\#(foreign.customer.text)"}"#),
                ("POST", "scanner/scan", #"{"cluster_id":"\#(foreign.cluster.text)"}"#),
                ("PUT", "scanner/switch", #"{"enabled":false,"customer_id":"\#(foreign.customer.text)"}"#),
            ]
            for (method, path, body) in calls {
                let answer = try await api.send(method, path, body, key: key)
                #expect(answer.status == 404, "\(method) \(path): \(answer.text)")
            }
            #expect(try await api.send("GET", "scanner/history", key: key).array("events")?.isEmpty == true)
        }
    }
}
