import FoundationEssentials
import Kubernetes
import Testing

struct NodeFactsTests {
    private func facts(_ labels: [String: String], providerID: String? = nil) -> NodeFacts {
        NodeFacts(Node(metadata: ObjectMetadata(name: "n", labels: labels), providerID: providerID))
    }

    @Test(arguments: [
        ("karpenter.sh/capacity-type", "spot", CapacityType.spot),
        ("karpenter.sh/capacity-type", "on-demand", .onDemand),
        ("karpenter.sh/capacity-type", "reserved", .reserved),
        ("karpenter.sh/capacity-type", "other", .unknown),
        ("eks.amazonaws.com/capacityType", "SPOT", .spot),
        ("eks.amazonaws.com/capacityType", "ON_DEMAND", .onDemand),
        ("eks.amazonaws.com/capacityType", "CAPACITY_BLOCK", .reserved),
        ("node.kubernetes.io/lifecycle", "spot", .spot),
        ("node.kubernetes.io/lifecycle", "normal", .onDemand),
        ("lifecycle", "Ec2Spot", .spot),
        ("lifecycle", "OnDemand", .onDemand),
        ("scheduling.cast.ai/spot", "true", .spot),
        ("spotinst.io/node-lifecycle", "spot", .spot),
        ("spotinst.io/node-lifecycle", "od", .onDemand),
        ("node-role.kubernetes.io/spot-worker", "", .spot),
        ("anything", "spot", .unknown),
    ])
    func tellsCapacityType(key: String, value: String, expected: CapacityType) {
        #expect(facts([key: value]).capacityType == expected)
    }

    @Test func takesTheFirstLabelThatSaysSomething() {
        let labels = ["karpenter.sh/capacity-type": "on-demand", "lifecycle": "Ec2Spot"]
        #expect(facts(labels).capacityType == .onDemand)
        #expect(facts(["karpenter.sh/capacity-type": "?", "lifecycle": "Ec2Spot"]).capacityType == .spot)
    }

    @Test(
        arguments: [
            ("aws:///us-east-1a/i-0abc123", "i-0abc123"), ("aws:///us-east-1a/x/fargate-ip-10-0-0-1", nil),
            ("aws:///us-east-1a/fargate-ip-10-0-0-1", nil), ("eks-hybrid:///us-east-1/c/i-0abc", nil),
            ("aws:///us-east-1a/i-", nil), ("aws:///us-east-1a/i-XYZ", nil), ("gce://p/z/i-0abc", nil),
            ("i-0abc", nil),
            ("", nil), (nil, nil), ("aws:///us-east-1a/i-0abc/", nil), ("kind://docker/kind/i-0abc", nil),
            ("aws:///us-east-1-lax-1a/i-0123456789abcdef0", "i-0123456789abcdef0"),
        ] as [(String?, String?)]
    )
    func readsTheInstance(providerID: String?, expected: String?) {
        #expect(facts([:], providerID: providerID).instanceID == expected)
    }

    @Test func readsOldLabelsToo() {
        let old = facts([
            "beta.kubernetes.io/instance-type": "m4.large",
            "failure-domain.beta.kubernetes.io/zone": "us-east-1a",
            "beta.kubernetes.io/arch": "arm64", "kops.k8s.io/instancegroup": "nodes",
        ])
        #expect(old.instanceType == "m4.large")
        #expect(old.zone == "us-east-1a")
        #expect(old.architecture == "arm64")
        #expect(old.group == "nodes")
        let new = facts([
            "node.kubernetes.io/instance-type": "m5.large", "beta.kubernetes.io/instance-type": "m4.large",
            "eks.amazonaws.com/nodegroup": "group",
        ])
        #expect(new.instanceType == "m5.large")
        #expect(new.group == "group")
        #expect(new.zone == nil)
    }

    @Test func readsANodeAsServed() throws {
        let json = #"""
            {"metadata":{"name":"ip-10-0-0-1","uid":"u","creationTimestamp":"2026-01-02T03:04:05Z","labels":null,
              "annotations":{"karpenter.sh/do-not-disrupt":"true","irrelevant":"dropped"}},
             "spec":{"providerID":"aws:///us-east-1a/i-0abc","unschedulable":true,
                     "taints":[{"key":"k","effect":"NoSchedule","timeAdded":"2026-01-02T03:04:05Z"}]},
             "status":{"allocatable":{"cpu":"1930m","memory":"7220Mi","pods":"29","vpc.amazonaws.com/pod-eni":9},
               "conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True","reason":"KubeletReady"}],
               "images":[{"names":["x"],"sizeBytes":1}]}}
            """#
        let node = try JSONDecoder().decode(Node.self, from: Data(json.utf8))
        let facts = NodeFacts(node)
        #expect(facts.isReady)
        #expect(facts.isUnschedulable)
        #expect(facts.allocatable["pods"] == Quantity(units: 29))
        #expect(facts.allocatable["vpc.amazonaws.com/pod-eni"] == Quantity(units: 9))
        #expect(facts.allocatable.cpu.milli == 1930)
        #expect(facts.capacityType == .unknown)
        #expect(node.metadata.createdAt == Date(timeIntervalSince1970: 1_767_323_045))
        #expect(node.metadata.annotations == ["karpenter.sh/do-not-disrupt": "true"])
        #expect(
            node.spec.taints == [
                Node.Taint(key: "k", effect: "NoSchedule", timeAdded: "2026-01-02T03:04:05Z")
            ]
        )
        #expect(DisruptionOptOut.of(node)?.key == "karpenter.sh/do-not-disrupt")
    }

    @Test(arguments: ["False", "Unknown"])
    func isNotReadyUnlessSaidSo(status: String) throws {
        let json =
            #"{"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"\#(status)"}]}}"#
        #expect(!NodeFacts(try JSONDecoder().decode(Node.self, from: Data(json.utf8))).isReady)
        #expect(!facts([:]).isReady)
    }
}
