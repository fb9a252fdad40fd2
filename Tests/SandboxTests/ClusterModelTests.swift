import Testing

@testable import Sandbox

@Suite("Cluster model") struct ClusterModelTests {
    private func model(number: Int = 1, nodes: Int = 20, podsPerNode: Int = 10, seed: UInt64 = 1)
        -> ClusterModel
    {
        ClusterModel(number: number, size: .init(nodes: nodes, podsPerNode: podsPerNode), seed: seed)
    }

    private func bytes(_ model: ClusterModel) -> [[UInt8]] {
        model.nodes.map { $0.json(resourceVersion: 1).bytes }
            + model.pods.map { $0.json(resourceVersion: 1).bytes }
    }

    @Test func isTheSameForTheSameSeed() {
        #expect(bytes(model()) == bytes(model()))
        #expect(bytes(model()) != bytes(model(seed: 2)))
        #expect(bytes(model()) != bytes(model(number: 2)))
    }

    @Test(arguments: [(1, 1), (6, 10), (20, 10), (5, 56)])
    func hasTheSizeThatWasAskedFor(nodes: Int, podsPerNode: Int) {
        let model = model(nodes: nodes, podsPerNode: podsPerNode)
        #expect(model.nodes.count == nodes)
        #expect(model.pods.filter { $0.phase == .running }.count == nodes * podsPerNode)
        #expect(model.pods.contains { $0.phase == .pending && $0.nodeName == nil })
        #expect(model.pods.contains { $0.phase == .succeeded && $0.nodeName != nil })
    }

    @Test(arguments: [10, 20, 56]) func fitsItsPodsOnItsNodes(podsPerNode: Int) {
        let model = model(nodes: 30, podsPerNode: podsPerNode)
        for node in model.nodes {
            let pods = model.pods.filter { $0.nodeName == node.name && $0.phase == .running }
            #expect(pods.count <= node.instanceType.maximumPods)
            #expect(pods.reduce(0) { $0 + $1.millicores } <= node.instanceType.allocatableMillicores)
            #expect(pods.reduce(0) { $0 + $1.mebibytes } <= node.instanceType.allocatableMiB)
        }
    }

    @Test func namesNothingTwice() {
        let model = model(nodes: 300)
        #expect(Set(model.nodes.map(\.name)).count == 300)
        #expect(Set(model.nodes.map(\.instanceID)).count == 300)
        #expect(Set(model.pods.map { $0.namespace + "/" + $0.name }).count == model.pods.count)
        #expect(Set(model.pods.map(\.uid)).count == model.pods.count)
    }

    @Test func runsDaemonsOnEveryNodeAndMixesCapacity() {
        let model = model()
        for name in ["aws-node", "kube-proxy", "node-exporter"] {
            let nodes = model.pods.filter { $0.owner.kind == "DaemonSet" && $0.owner.name == name }.map(
                \.nodeName
            )
            #expect(Set(nodes) == Set(model.nodes.map(\.name)))
        }
        #expect(Set(model.nodes.map(\.isSpot)).count == 2)
        #expect(
            model.nodes.allSatisfy { node in
                let labels = [
                    "karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType",
                    "node.kubernetes.io/lifecycle",
                ]
                return labels.count { node.labels[$0] != nil } == 1
            }
        )
        #expect(Set((1...3).map { self.model(number: $0).region }) == Set(ClusterModel.regions))
    }

    @Test func usageMovesButStaysPlausible() {
        let model = model()
        let first = MetricsSample(time: 1_800_000_000)
        func nodes(_ sample: MetricsSample) -> [UInt8] { sample.nodes(model.nodes, with: model.pods).bytes }
        #expect(nodes(first) == nodes(MetricsSample(time: 1_800_000_014)))
        #expect(nodes(first) != nodes(MetricsSample(time: 1_800_000_015)))
        for pod in model.pods {
            for hour in 0..<48 {
                let time = 1_800_000_000 + Double(hour) * 1800
                #expect(pod.load.cpu(at: time) > 0 && pod.load.cpu(at: time) < 1.5)
                #expect(pod.load.memory(at: time) > 0 && pod.load.memory(at: time) < 1)
            }
        }
    }
}
