import Kubernetes
import Testing

struct DisruptionOptOutTests {
    @Test(arguments: [
        ("karpenter.sh/do-not-disrupt", "true", true), ("karpenter.sh/do-not-disrupt", "5m", true),
        ("karpenter.sh/do-not-disrupt", "false", false),
        ("cluster-autoscaler.kubernetes.io/safe-to-evict", "false", true),
        ("cluster-autoscaler.kubernetes.io/safe-to-evict", "true", false),
        ("autoscaling.cast.ai/removal-disabled", "true", true),
        ("descheduler.alpha.kubernetes.io/prefer-no-eviction", "", true), ("anything", "true", false),
    ])
    func readsPodAnnotations(key: String, value: String, expected: Bool) {
        let pod = Pod(metadata: ObjectMetadata(name: "p", annotations: [key: value]))
        #expect(DisruptionOptOut.of(pod) == (expected ? DisruptionOptOut(key: key, value: value) : nil))
    }

    @Test(arguments: ["autoscaling.cast.ai/removal-disabled", "spotinst.io/restrict-scale-down"])
    func readsPodLabels(key: String) {
        #expect(
            DisruptionOptOut.of(Pod(metadata: ObjectMetadata(name: "p", labels: [key: "true"])))?.key == key
        )
        #expect(DisruptionOptOut.of(Pod(metadata: ObjectMetadata(name: "p", labels: [key: "false"]))) == nil)
    }

    @Test(arguments: [
        ("karpenter.sh/do-not-disrupt", "true", true),
        ("cluster-autoscaler.kubernetes.io/scale-down-disabled", "true", true),
        ("cluster-autoscaler.kubernetes.io/scale-down-disabled", "false", false),
    ])
    func readsNodeAnnotations(key: String, value: String, expected: Bool) {
        let node = Node(metadata: ObjectMetadata(name: "n", annotations: [key: value]))
        #expect((DisruptionOptOut.of(node) != nil) == expected)
    }
}
