import FoundationEssentials
import Kubernetes
import Testing

struct DisruptionBudgetTests {
    typealias Requirement = LabelSelector.Requirement

    private static let labels = ["app": "web", "tier": "front"]

    @Test(
        arguments: [
            (["app": "web"], [], true), (["app": "db"], [], false), (["app": "web", "x": "y"], [], false),
            ([:], [Requirement(key: "app", operator: "In", values: ["db", "web"])], true),
            ([:], [Requirement(key: "app", operator: "In", values: ["db"])], false),
            ([:], [Requirement(key: "none", operator: "In", values: ["db"])], false),
            ([:], [Requirement(key: "app", operator: "In")], false),
            ([:], [Requirement(key: "app", operator: "NotIn", values: ["db"])], true),
            ([:], [Requirement(key: "app", operator: "NotIn", values: ["web"])], false),
            ([:], [Requirement(key: "none", operator: "NotIn", values: ["web"])], true),
            ([:], [Requirement(key: "tier", operator: "Exists")], true),
            ([:], [Requirement(key: "none", operator: "Exists")], false),
            ([:], [Requirement(key: "none", operator: "DoesNotExist")], true),
            ([:], [Requirement(key: "tier", operator: "DoesNotExist")], false),
            ([:], [Requirement(key: "tier", operator: "Gt", values: ["1"])], false),
            (["app": "web"], [Requirement(key: "tier", operator: "In", values: ["back"])], false),
            (["app": "web"], [Requirement(key: "tier", operator: "In", values: ["front"])], true),
        ] as [([String: String], [Requirement], Bool)]
    )
    func selects(labels: [String: String], expressions: [Requirement], expected: Bool) {
        let selector = LabelSelector(matchLabels: labels, matchExpressions: expressions)
        #expect(selector.matches(Self.labels) == expected)
        #expect(budget(selector).selects(pod()) == expected)
    }

    private func pod(in namespace: String = "shop") -> Pod {
        var pod = Pod(metadata: ObjectMetadata(name: "p", namespace: namespace, labels: Self.labels))
        pod.status.conditions = [.init(type: "Ready", status: "True")]
        return pod
    }

    private func budget(_ selector: LabelSelector?, allows: Int = 0) -> PodDisruptionBudget {
        PodDisruptionBudget(
            metadata: ObjectMetadata(name: "b", namespace: "shop"),
            selector: selector,
            disruptionsAllowed: allows,
            currentHealthy: 2,
            desiredHealthy: 2
        )
    }

    @Test func readsAnEmptySelectorByVersion() {
        var empty = budget(LabelSelector())
        #expect(empty.selects(pod()))
        #expect(!empty.selects(pod(in: "billing")))
        empty.emptySelectsAll = false
        #expect(!empty.selects(pod()))
        #expect(!budget(nil).selects(pod()))
    }

    @Test func blocksWhatRuns() {
        let full = budget(LabelSelector())
        #expect(full.blocks(pod()))
        #expect(!budget(LabelSelector(), allows: 1).blocks(pod()))
        for phase in ["Pending", "Succeeded", "Failed"] {
            var idle = pod()
            idle.status.phase = phase
            #expect(!full.blocks(idle))
        }
        var stopping = pod()
        stopping.metadata.deletedAt = .now
        #expect(!full.blocks(stopping))
    }

    @Test(arguments: [(nil, 2, 2, false), (nil, 1, 2, true), (nil, 0, 0, true), ("AlwaysAllow", 0, 2, false)])
    func judgesUnreadyPods(policy: String?, healthy: Int, desired: Int, expected: Bool) {
        var full = budget(LabelSelector())
        full.spec.unhealthyPodEvictionPolicy = policy
        full.status.currentHealthy = healthy
        full.status.desiredHealthy = desired
        var sick = pod()
        sick.status.conditions = []
        #expect(full.blocks(sick) == expected)
    }
}
