import FoundationEssentials
import Kubernetes
import Testing

struct EffectiveRequestsTests {
    private func pod(_ json: String) throws -> Pod {
        try JSONDecoder().decode(Pod.self, from: Data(json.utf8))
    }

    private func container(_ name: String, _ cpu: String, _ memory: String, always: Bool = false) -> String {
        let policy = always ? #","restartPolicy":"Always""# : ""
        return
            #"{"name":"\#(name)","resources":{"requests":{"cpu":"\#(cpu)","memory":"\#(memory)"}}\#(policy)}"#
    }

    private func requests(
        containers: [String],
        initContainers: [String] = [],
        spec: String = "",
        status: String = "{}"
    ) throws -> [String: String] {
        let pod = try pod(
            """
            {"metadata":{"name":"p"},"spec":{"containers":[\(containers.joined(separator: ","))],
             "initContainers":[\(initContainers.joined(separator: ","))]\(spec)},"status":\(status)}
            """
        )
        return EffectiveRequests.of(pod).mapValues(\.description)
    }

    @Test func addsContainers() throws {
        let sum = try requests(containers: [
            container("a", "250m", "1Gi"), container("b", "1", "512Mi"), #"{"name":"c"}"#,
        ])
        #expect(sum == ["cpu": "1250m", "memory": "1610612736"])
    }

    @Test func takesTheLargestInitContainerPerResource() throws {
        let result = try requests(
            containers: [container("a", "1", "100")],
            initContainers: [container("i", "2", "50"), container("j", "500m", "150")]
        )
        #expect(result == ["cpu": "2", "memory": "150"])
    }

    @Test func countsASidecarFromItsStart() throws {
        // before: 3; sidecar: 1; after: 1 + 2 = 3; running: 1 + 1 = 2
        let result = try requests(
            containers: [container("a", "1", "10")],
            initContainers: [
                container("before", "3", "5"), container("sidecar", "1", "10", always: true),
                container("after", "2", "30"),
            ]
        )
        #expect(result == ["cpu": "3", "memory": "40"])
    }

    @Test func addsSidecarsToWhatRuns() throws {
        let result = try requests(
            containers: [container("a", "1", "10")],
            initContainers: [
                container("one", "1", "1", always: true), container("two", "2", "2", always: true),
            ]
        )
        #expect(result == ["cpu": "4", "memory": "13"])
    }

    @Test func sidecarsThatStartTogetherCanExceedWhatRuns() throws {
        let result = try requests(
            containers: [container("a", "1", "1")],
            initContainers: [container("s", "2", "1", always: true), container("i", "5", "1")]
        )
        #expect(result == ["cpu": "7", "memory": "2"])
    }

    @Test func replacesByRequestsOfThePod() throws {
        let result = try requests(
            containers: [container("a", "1", "10")],
            spec:
                #","resources":{"requests":{"cpu":"3","hugepages-2Mi":"4Mi","ephemeral-storage":"9"}},"overhead":{"cpu":"100m","memory":"5"}"#
        )
        #expect(result == ["cpu": "3100m", "memory": "15", "hugepages-2Mi": "4194304"])
    }

    @Test func countsTheLargestWhileResizing() throws {
        let status =
            #"{"containerStatuses":[{"name":"a","allocatedResources":{"cpu":"2"},"resources":{"requests":{"cpu":"1500m","memory":"20"}}}]}"#
        let result = try requests(containers: [container("a", "1", "10")], status: status)
        #expect(result == ["cpu": "2", "memory": "20"])
    }

    @Test(arguments: [
        #""resize":"Infeasible""#,
        #""conditions":[{"type":"PodResizePending","status":"True","reason":"Infeasible"}]"#,
    ])
    func ignoresAnInfeasibleResize(state: String) throws {
        let status =
            #"{\#(state),"containerStatuses":[{"name":"a","allocatedResources":{"cpu":"1"},"resources":{"requests":{"cpu":"1","memory":"10"}}}]}"#
        let result = try requests(containers: [container("a", "64", "10")], status: status)
        #expect(result == ["cpu": "1", "memory": "10"])
    }

    @Test func countsADeferredResize() throws {
        let status =
            #"{"conditions":[{"type":"PodResizePending","status":"True","reason":"Deferred"}],"containerStatuses":[{"name":"a","resources":{"requests":{"cpu":"1"}}}]}"#
        #expect(
            try requests(containers: [container("a", "4", "10")], status: status) == [
                "cpu": "4", "memory": "10",
            ]
        )
    }

    @Test func sumsPerNode() throws {
        func pod(_ node: String?, _ phase: String) throws -> Pod {
            try self.pod(
                #"{"metadata":{"name":"p"},"spec":{"nodeName":"\#(node ?? "")","containers":[\#(container("a", "1", "2"))]},"status":{"phase":"\#(phase)"}}"#
            )
        }
        var usage = NodeUsage()
        usage.add([
            try pod("n1", "Running"), try pod("n1", "Pending"), try pod("n1", "Unknown"),
            try pod("n1", "Succeeded"),
            try pod("n1", "Failed"), try pod("n2", "Running"), try pod(nil, "Pending"),
        ])
        #expect(usage["n1"].podCount == 3)
        #expect(usage["n1"].resources.cpu == Quantity(units: 3))
        #expect(usage["n1"].resources.memory == Quantity(units: 6))
        #expect(usage["n2"].podCount == 1)
        #expect(usage["n3"].podCount == 0)
        #expect(usage.nodes.count == 2)
    }
}
