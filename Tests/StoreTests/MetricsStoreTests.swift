import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MetricsStoreTests {
    private func cluster(in fleet: TestFleet) async throws -> UUID {
        let owner = CustomerRecord(companyName: "c", externalID: "e")
        let cluster = ClusterRegistration(
            customerID: owner.id,
            name: "prod",
            apiEndpoint: "https://k8s.example.com",
            certificateAuthority: nil,
            token: "t",
            tokenExpiresAt: nil,
            region: "eu-central-1"
        )
        try await ClusterStore(pool: fleet.pool, keyring: fleet.keyring).register(cluster, with: owner)
        return cluster.id
    }

    private func node(_ name: String, uid: String, price: String? = "0.096") -> ClusterSample.Node {
        ClusterSample.Node(
            uid: uid,
            name: name,
            instanceID: "i-\(uid)",
            instanceType: "m5.large",
            availabilityZone: "eu-central-1a",
            nodeType: "on-demand",
            status: "ready",
            cpuCapacity: "2",
            memoryCapacityGiB: "7.5",
            cpuAllocatable: "1.93",
            memoryAllocatable: 7_000_000_000,
            podsAllocatable: 29,
            cpuRequested: "0.5",
            memoryRequested: 1_000_000,
            podCount: 3,
            hourlyPrice: price
        )
    }

    private func sample(
        of cluster: UUID,
        at instant: Date,
        job: UUID = .version7(),
        nodes: [ClusterSample.Node],
        cost: String? = "0.096"
    ) -> ClusterSample {
        ClusterSample(
            clusterID: cluster,
            jobID: job,
            takenAt: instant,
            nodes: nodes,
            series: [("node_count", "\(nodes.count)"), ("cpu_requested", "0.5")],
            health: .green,
            healthReason: nil,
            costPerHour: cost,
            unpricedNodes: 0,
            metrics: Array(#"{"nodes":\#(nodes.count)}"#.utf8)
        )
    }

    /// uid, name and status of every node row.
    private func rows(in fleet: TestFleet) async throws -> [[String]] {
        try await fleet.pool.query("SELECT node_uid, node_name, status FROM nodes ORDER BY node_uid").map {
            [try $0.decode(0), try $0.decode(1), try $0.decode(2)]
        }
    }

    private func points(in fleet: TestFleet) async throws -> Int {
        let rows = try await fleet.pool.query("SELECT count(*)::bigint FROM metrics_summary")
        return try #require(rows.first).decode(0)
    }

    @Test func keepsNodesSeriesAndTheClustersView() async throws {
        try await TestFleet.with { fleet async throws in
            let cluster = try await cluster(in: fleet)
            let store = MetricsStore(pool: fleet.pool)
            let now = Date(millisecondsSince1970: Date().millisecondsSince1970)
            #expect(
                try await store.keep(
                    sample(
                        of: cluster,
                        at: now,
                        nodes: [node("a", uid: "1"), node("b", uid: "2", price: nil)]
                    )
                )
            )
            #expect(try await rows(in: fleet) == [["1", "a", "ready"], ["2", "b", "ready"]])
            #expect(try await points(in: fleet) == 2)
            let view = try #require(
                try await ClusterStore(pool: fleet.pool, keyring: fleet.keyring).find(cluster)
            )
            #expect(view.nodeCount == 2 && view.health == .green)
            #expect(view.estimatedCostPerHour == "0.096000")
            #expect(view.lastCollectedAt?.millisecondsSince1970 == now.millisecondsSince1970)
            let samples = try await store.samples(
                of: "node_count",
                since: now.addingTimeInterval(-60),
                every: .seconds(30)
            )
            #expect(samples.map(\.count) == [1])
        }
    }

    @Test func marksGoneNodesAndTellsAReusedNameApart() async throws {
        try await TestFleet.with { fleet async throws in
            let cluster = try await cluster(in: fleet)
            let store = MetricsStore(pool: fleet.pool)
            let now = Date()
            _ = try await store.keep(
                sample(of: cluster, at: now, nodes: [node("a", uid: "1"), node("b", uid: "2")])
            )
            _ = try await store.keep(
                sample(of: cluster, at: now.addingTimeInterval(30), nodes: [node("a", uid: "3")])
            )
            #expect(
                try await rows(in: fleet) == [["1", "a", "gone"], ["2", "b", "gone"], ["3", "a", "ready"]]
            )
            _ = try await store.keep(
                sample(
                    of: cluster,
                    at: now.addingTimeInterval(60),
                    nodes: [node("a", uid: "3"), node("b", uid: "2")]
                )
            )
            #expect(
                try await rows(in: fleet) == [
                    ["1", "a", "gone"], ["2", "b", "ready"], ["3", "a", "ready"],
                ]
            )
        }
    }

    @Test func aJobThatRunsTwiceLeavesOneSample() async throws {
        try await TestFleet.with { fleet async throws in
            let cluster = try await cluster(in: fleet)
            let store = MetricsStore(pool: fleet.pool)
            let job = UUID.version7()
            let now = Date()
            #expect(
                try await store.keep(sample(of: cluster, at: now, job: job, nodes: [node("a", uid: "1")]))
            )
            #expect(
                try await !store.keep(
                    sample(of: cluster, at: now.addingTimeInterval(7), job: job, nodes: [node("a", uid: "1")])
                )
            )
            #expect(try await points(in: fleet) == 2)
        }
    }

    @Test func anOlderSampleIsKeptButOverwritesNothing() async throws {
        try await TestFleet.with { fleet async throws in
            let cluster = try await cluster(in: fleet)
            let store = MetricsStore(pool: fleet.pool)
            let now = Date()
            _ = try await store.keep(sample(of: cluster, at: now, nodes: [node("a", uid: "1")]))
            #expect(
                try await store.keep(
                    sample(of: cluster, at: now.addingTimeInterval(-30), nodes: [], cost: nil)
                )
            )
            #expect(try await rows(in: fleet) == [["1", "a", "ready"]])
            #expect(try await points(in: fleet) == 4)
            let view = try await ClusterStore(pool: fleet.pool, keyring: fleet.keyring).find(cluster)
            #expect(view?.nodeCount == 1)
            #expect(view?.estimatedCostPerHour == "0.096000")
        }
    }

    @Test func makesThePartitionOfADayThatHasNone() async throws {
        try await TestFleet.with { fleet async throws in
            let cluster = try await cluster(in: fleet)
            let past = Date().addingTimeInterval(-40 * 86_400)
            #expect(
                try await MetricsStore(pool: fleet.pool).keep(sample(of: cluster, at: past, nodes: []))
            )
            #expect(try await points(in: fleet) == 2)
        }
    }

    @Test func keepsNothingOfADeletedCluster() async throws {
        try await TestFleet.with { fleet async throws in
            let cluster = try await cluster(in: fleet)
            _ = try await ClusterStore(pool: fleet.pool, keyring: fleet.keyring).delete(cluster)
            #expect(
                try await !MetricsStore(pool: fleet.pool).keep(
                    sample(of: cluster, at: Date(), nodes: [node("a", uid: "1")])
                )
            )
            #expect(try await points(in: fleet) == 0)
        }
    }
}
