import Drain
import FoundationEssentials
import Kubernetes
import Testing

struct PodClassifierTests {
    private static let now = Date(timeIntervalSince1970: 1_767_323_045)

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let verdict: ClassifiedPod.Verdict
        let objections: [DrainBlocker.Kind]
        let change: @Sendable (inout Pod) -> Void

        init(
            _ name: String,
            _ verdict: ClassifiedPod.Verdict,
            _ objections: [DrainBlocker.Kind] = [],
            _ change: @escaping @Sendable (inout Pod) -> Void = { _ in }
        ) {
            testDescription = name
            self.verdict = verdict
            self.objections = objections
            self.change = change
        }
    }

    private static func owner(_ kind: String, _ name: String) -> ObjectMetadata.OwnerReference {
        .init(kind: kind, name: name, uid: "o")
    }

    private static let cases: [Case] = [
        Case("ordinary", .move(.ordinary)),
        Case("mirror", .leave(.mirror)) { $0.metadata.annotations["kubernetes.io/config.mirror"] = "abc" },
        Case("static, without annotation", .leave(.mirror)) {
            $0.metadata.controller = owner("Node", "node")
        },
        Case("a mirror stays one when it stops", .leave(.mirror)) {
            $0.metadata.annotations["kubernetes.io/config.mirror"] = "abc"
            $0.metadata.deletedAt = now
            $0.status.phase = "Failed"
        },
        Case("succeeded", .leave(.finished)) { $0.status.phase = "Succeeded" },
        Case("failed, of a DaemonSet", .leave(.finished)) {
            $0.status.phase = "Failed"
            $0.metadata.controller = owner("DaemonSet", "agent")
        },
        Case("DaemonSet", .leave(.daemonSet)) { $0.metadata.controller = owner("DaemonSet", "agent") },
        Case("DaemonSet, stopping", .leave(.daemonSet)) {
            $0.metadata.controller = owner("DaemonSet", "agent")
            $0.metadata.deletedAt = now
        },
        Case("DaemonSet that is gone", .move(.daemon), [.orphaned]) {
            $0.metadata.controller = owner("DaemonSet", "old")
        },
        Case("critical of a DaemonSet that is gone", .move(.criticalDaemon), [.orphaned]) {
            $0.metadata.controller = owner("DaemonSet", "old")
            $0.spec.priorityClassName = "system-node-critical"
        },
        Case("stopping", .await) { $0.metadata.deletedAt = now },
        Case("critical", .move(.critical)) { $0.spec.priorityClassName = "system-cluster-critical" },
        Case("important, not critical", .move(.ordinary)) { $0.spec.priorityClassName = "high" },
        Case("pending", .move(.ordinary)) { $0.status.phase = "Pending" },
        Case("unreplicated", .move(.ordinary), [.unreplicated]) { $0.metadata.controller = nil },
        Case("emptyDir", .move(.ordinary), [.localStorage]) {
            $0.spec.volumes = [.init("config", isEmptyDir: false), .init("cache", isEmptyDir: true)]
        },
        Case("emptyDir given up", .move(.ordinary)) {
            $0.spec.volumes = [.init("cache", isEmptyDir: true), .init("tmp", isEmptyDir: true)]
            $0.metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"] =
                "tmp, cache"
        },
        Case("one of two emptyDirs given up", .move(.ordinary), [.localStorage]) {
            $0.spec.volumes = [.init("cache", isEmptyDir: true), .init("data", isEmptyDir: true)]
            $0.metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"] = "cache"
        },
        Case("emptyDir of a pod that is safe to evict", .move(.ordinary)) {
            $0.spec.volumes = [.init("cache", isEmptyDir: true)]
            $0.metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "true"
        },
        Case("opted out", .move(.ordinary), [.optOut]) {
            $0.metadata.annotations["karpenter.sh/do-not-disrupt"] = "true"
        },
        Case("not safe to evict", .move(.ordinary), [.optOut]) {
            $0.metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "false"
        },
        Case("everything at once", .move(.critical), [.optOut, .unreplicated, .localStorage]) {
            $0.metadata.annotations["karpenter.sh/do-not-disrupt"] = "true"
            $0.metadata.controller = nil
            $0.spec.volumes = [.init("cache", isEmptyDir: true)]
            $0.spec.priorityClassName = "system-cluster-critical"
        },
    ]

    @Test(arguments: cases)
    func decides(on example: Case) {
        let classifier = PodClassifier(missingDaemonSets: [.init(namespace: "shop", name: "old")])
        let classified = classifier.classify(.running("web-0", example.change))
        #expect(classified.verdict == example.verdict)
        #expect(classified.objections.map(\.kind) == example.objections)
        #expect(classified.objections.allSatisfy { $0.pod == classified.pod })
    }

    @Test func leavesCriticalPodsIfTold() {
        let critical = Pod.running { $0.spec.priorityClassName = "system-node-critical" }
        #expect(PodClassifier(leavesCritical: true).classify(critical).verdict == .leave(.critical))
    }

    @Test func asksForEachDaemonSetOnce() {
        let agents = (0..<3).map { i in
            Pod.running("agent-\(i)") { $0.metadata.controller = Self.owner("DaemonSet", "agent") }
        }
        #expect(
            PodClassifier.daemonSets(of: agents + [.running()]) == [.init(namespace: "shop", name: "agent")]
        )
    }

    @Test func readsGraceAndCost() {
        let pod = Pod.running {
            $0.spec.terminationGracePeriodSeconds = 90
            $0.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"] = "-5"
        }
        #expect(PodClassifier().classify(pod).grace == .seconds(90))
        #expect(PodClassifier().classify(pod).deletionCost == -5)
        let plain = Pod.running { $0.spec.terminationGracePeriodSeconds = nil }
        #expect(PodClassifier().classify(plain).grace == .seconds(30))
    }

    @Test func objectsByBudgets() {
        func objections(
            _ budgets: [PodDisruptionBudget],
            _ change: (inout Pod) -> Void = { _ in }
        ) -> [DrainBlocker] {
            PodClassifier(budgets: budgets).classify(.running("web-0", change)).objections
        }
        let full = PodDisruptionBudget.named("full", allows: 0, healthy: 2, needed: 2)
        let free = PodDisruptionBudget.named("free")
        #expect(objections([free]) == [])
        #expect(objections([full]).map(\.kind) == [.budget])
        #expect(objections([full]).first?.budgets == ["shop/full"])
        #expect(objections([free, full]).map(\.kind) == [.severalBudgets])
        #expect(objections([free, full]).first?.budgets == ["shop/free", "shop/full"])
        #expect(objections([.named("other", in: "billing", allows: 0)]) == [])
        #expect(objections([.named("other", app: "db", allows: 0)]) == [])
        // The server asks no budget about what does not run.
        #expect(objections([free, full]) { $0.status.phase = "Pending" } == [])
        // A pod that isn't ready may go while enough others are healthy.
        let sick: (inout Pod) -> Void = { $0.status.conditions = [.init(type: "Ready", status: "False")] }
        #expect(objections([full], sick) == [])
        #expect(
            objections([.named("low", allows: 0, healthy: 1, needed: 2)], sick).map(\.kind) == [.budget]
        )
        var counted = full
        counted.metadata.generation = 3
        counted.status.observedGeneration = 2
        #expect(objections([counted]) == [])
    }
}
