import Drain
import Kubernetes
import Testing

struct PreflightTests {
    private let pods = [
        ClassifiedPod(
            PodReference(namespace: "shop", name: "b", uid: "1"),
            .move(.ordinary),
            objections: DrainBlocker.Kind.allCases.map { DrainBlocker($0, "why") }
        ),
        ClassifiedPod(PodReference(namespace: "shop", name: "a", uid: "2"), .leave(.mirror)),
    ]

    private func kinds(_ policy: VoluntaryPolicy, _ node: Node = .init(metadata: .init(name: "n")))
        -> [DrainBlocker.Kind]
    {
        Preflight.blockers(of: node, pods, jobID: "job", policy).map(\.kind)
    }

    @Test func listsEveryBlocker() {
        #expect(kinds(VoluntaryPolicy()) == DrainBlocker.Kind.allCases)
    }

    @Test func passesOverWhatThePolicyAllows() {
        let policy = VoluntaryPolicy(movesUnreplicated: true, deletesLocalStorage: true, ignoresOptOuts: true)
        let allowed: Set<DrainBlocker.Kind> = [.optOut, .unreplicated, .orphaned, .localStorage]
        #expect(kinds(policy) == DrainBlocker.Kind.allCases.filter { !allowed.contains($0) })
    }

    @Test func asksTheNodeToo() {
        var node = Node(metadata: .init(name: "n", annotations: ["karpenter.sh/do-not-disrupt": "true"]))
        #expect(kinds(VoluntaryPolicy(), node).first == .optOut)
        node.spec.taints = [.init(key: NodeHold.taintKey, value: "another", effect: "NoSchedule")]
        #expect(kinds(VoluntaryPolicy(ignoresOptOuts: true), node).first == .held)
        node.spec.taints = [.init(key: NodeHold.taintKey, value: "job", effect: "NoSchedule")]
        let found = Preflight.blockers(of: node, [], jobID: "job", VoluntaryPolicy(ignoresOptOuts: true))
        #expect(found == [])
    }
}
