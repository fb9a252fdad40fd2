import FoundationEssentials
import Kubernetes
import Store
import Testing

@testable import Worker

@Suite("What is kept of a survey") struct ClusterSampleTests {
    private let id = UUID()
    private let job = UUID()

    private func sample(_ survey: ClusterSurvey) throws -> ClusterSample {
        try ClusterSample(survey, clusterID: id, jobID: job, at: Date(timeIntervalSince1970: 0))
    }

    private func series(_ sample: ClusterSample) -> [String: String] {
        Dictionary(uniqueKeysWithValues: sample.series.map { ($0.name, $0.value) })
    }

    @Test func keepsSeriesInUnits() throws {
        var survey = try Objects.survey([Objects.node("a"), Objects.node("b", capacity: "spot")])
        survey.saw([Objects.pod(on: "a"), Objects.pod(on: nil, phase: "Pending")])
        survey.saw([
            try Objects.use("a", cpu: "100m", memory: "1Gi"), try Objects.use("b", cpu: "1", memory: "1Gi"),
        ])
        let kept = try sample(survey)
        #expect(
            series(kept) == [
                "cpu": "0.250000000", "memory": "67108864.000000000", "cpu_allocatable": "3.860000000",
                "memory_allocatable": "15032385536.000000000", "nodes": "2", "spot_nodes": "1",
                "on_demand_nodes": "1", "pods": "2", "pods_pending": "1", "cost_known": "0.131100",
                "unpriced_nodes": "0", "cpu_used": "1.100000000", "memory_used": "2147483648.000000000",
                "cost": "0.131100",
            ]
        )
        #expect(kept.costPerHour == "0.131100")
        #expect(kept.health == .yellow)
        #expect(kept.clusterID == id && kept.jobID == job)
    }

    @Test func leavesOutWhatIsUnknown() throws {
        let kept = try sample(try Objects.survey([Objects.node("a", type: "x9.metal")]))
        for name in ["cpu_used", "memory_used", "cost"] { #expect(series(kept)[name] == nil) }
        #expect(kept.costPerHour == nil)
        #expect(kept.unpricedNodes == 1)
        #expect(series(kept)["unpriced_nodes"] == "1")
    }

    @Test func keepsEachNode() throws {
        var survey = try Objects.survey([
            Objects.node("a"), Objects.node("b", isCordoned: true), Objects.node("c", isReady: false),
        ])
        survey.saw([Objects.pod(on: "a"), Objects.pod(on: "a")])
        let nodes = try sample(survey).nodes
        #expect(nodes.map(\.status) == ["ready", "cordoned", "not_ready"])
        #expect(nodes[0].uid == "uid-a")
        #expect(nodes[0].instanceID == "i-0abc")
        #expect(nodes[0].cpuCapacity == "2.000000000")
        #expect(nodes[0].memoryCapacityGiB == "8.0")
        #expect(nodes[0].memoryAllocatable == 7 << 30)
        #expect(nodes[0].podsAllocatable == 29)
        #expect(nodes[0].cpuRequested == "0.500000000")
        #expect(nodes[0].memoryRequested == 128 << 20)
        #expect(nodes[0].podCount == 2)
        #expect(nodes[0].hourlyPrice == "0.096000")
    }

    @Test func writesTheGuidesMetrics() throws {
        var survey = try Objects.survey([Objects.node("a"), Objects.node("b", capacity: nil)])
        survey.saw([Objects.pod(on: "a")])
        survey.saw([try Objects.use("a", cpu: "100m", memory: "1Gi")])
        let metrics = try JSONValue(parsing: try sample(survey).metrics)
        let members = try #require(metrics.members)
        #expect(members["cluster_id"] == .string(id.text))
        #expect(members["timestamp"] == .string("1970-01-01T00:00:00.000Z"))
        #expect(members["total_nodes"] == .integer(2))
        #expect(members["on_demand_nodes"] == .integer(1))
        #expect(members["unknown_nodes"] == .integer(1))
        #expect(members["total_cpu"] == .number(3.86))
        #expect(members["total_memory_gb"] == .integer(14))
        #expect(members["allocated_cpu"] == .number(0.25))
        #expect(members["allocated_memory_gb"] == .number(0.0625))
        #expect(members["unpriced_nodes"] == .integer(1))
        #expect(members["known_cost_per_hour"] == .number(0.096))
        #expect(members["health_status"] == .string("GREEN"))
        // One node's use is not known: 0 would be a lie.
        for name in ["used_cpu", "used_memory_gb", "estimated_cost_per_hour"] {
            #expect(members[name] == nil || members[name] == .null)
        }
        guard case .array(let nodes)? = members["nodes"] else {
            Issue.record("no nodes")
            return
        }
        #expect(nodes[0].members?["cpu_used"] == .number(0.1))
        #expect(nodes[0].members?["node_type"] == .string("on-demand"))
        #expect(nodes[1].members?["cpu_used"] == nil)
    }
}
