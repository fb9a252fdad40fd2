import Kubernetes
import Testing

@testable import Drain

/// Random nodes against a virtual clock; a seed that fails is an argument that can be run alone.
///
/// One after the other: they compute all the time, and tests of real drains must be served meanwhile.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct DrainSimulationTests {
    private static let seeds: [UInt64] = Array(1...60)

    private func pods(_ generator: inout SeededGenerator) -> [SimulatedNode.SimulatedPod] {
        (0..<Int.random(in: 0...60, using: &generator)).map { i in
            let verdicts: [ClassifiedPod.Verdict] = [
                .move(.ordinary), .move(.ordinary), .move(.ordinary), .move(.critical), .move(.daemon),
                .leave(.daemonSet), .leave(.mirror), .leave(.finished),
            ]
            let graces = [0, 1, 10, 30, 30, 60, 300]
            let classified = ClassifiedPod(
                PodReference(namespace: "shop", name: "pod-\(i)", uid: "\(i)"),
                verdicts.randomElement(using: &generator) ?? .move(.ordinary),
                grace: .seconds(graces.randomElement(using: &generator) ?? 30)
            )
            let allowed: [Duration?] = [
                .zero, .zero, .seconds(Int.random(in: 1...100, using: &generator)), nil,
            ]
            return SimulatedNode.SimulatedPod(
                classified: classified,
                allowedFrom: allowed.randomElement(using: &generator) ?? .zero,
                hasSeveralBudgets: Int.random(in: 0..<10, using: &generator) == 0,
                holdsFinalizer: Int.random(in: 0..<20, using: &generator) == 0,
                isSlow: Bool.random(using: &generator)
            )
        }
    }

    private func movable(_ pods: [SimulatedNode.SimulatedPod]) -> [SimulatedNode.SimulatedPod] {
        pods.filter { if case .move = $0.classified.verdict { true } else { false } }
    }

    /// By when a pod must have been asked: in time for its own time, or with patience for a try to evict.
    private func latest(_ pod: SimulatedNode.SimulatedPod, _ rules: PlanRules, after start: Duration)
        -> Duration
    {
        let own = (rules.deadline ?? .zero) - max(pod.classified.grace, .seconds(1))
        return max(own, start + rules.pace.callTimeout * 2 + .seconds(2))
    }

    @Test(arguments: seeds)
    func asksEveryPodInTime(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let all = pods(&generator)
        let rules = PlanRules(
            DeadlinePolicy(),
            deadline: .seconds(Int.random(in: 20...120, using: &generator))
        )
        let faults = SimulatedNode.Faults(
            overloadRate: [0, 0.05].randomElement(using: &generator) ?? 0,
            errorRate: [0, 0.05].randomElement(using: &generator) ?? 0,
            lostAnswerRate: [0, 0.05].randomElement(using: &generator) ?? 0
        )
        var node = SimulatedNode(rules, pods: all, faults: faults, seed: seed)
        node.run()
        #expect(node.violations == [])
        for pod in movable(all) {
            let askedAt = node.asked[pod.classified.pod]
            #expect(askedAt != nil, "\(pod.classified.pod) was never asked to stop")
            #expect(askedAt ?? .zero <= latest(pod, rules, after: .zero), "\(pod.classified.pod)")
        }
        check(node, all)
    }

    /// Every result says what really happened.
    private func check(_ node: SimulatedNode, _ all: [SimulatedNode.SimulatedPod]) {
        let results = node.plan.results(start: SimulatedNode.epoch, isFinal: true)
        #expect(results.count == all.count)
        for result in results {
            let isThere = node.pods[result.pod] != nil
            switch result.outcome {
            case .evicted, .forced: #expect(!isThere && node.asked[result.pod] != nil, "\(result)")
            case .skipped: #expect(node.asked[result.pod] == nil, "\(result)")
            case .lost: #expect(result.reason != nil)
            case .pending: Issue.record("\(result) is not final")
            }
            #expect((result.outcome == .forced) == (result.isForced && !isThere) || result.outcome == .lost)
        }
    }

    @Test(arguments: seeds.prefix(30))
    func staysOrderly(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let all = pods(&generator)
        let rules = PlanRules(VoluntaryPolicy(timeout: .seconds(200)))
        var node = SimulatedNode(rules, pods: all, faults: .init(errorRate: 0.1), seed: seed)
        node.run()
        #expect(node.violations == [])
        let critical = movable(all).filter { $0.classified.verdict == .move(.critical) }
        let first = critical.compactMap { node.asked[$0.classified.pod] }.min()
        let before = movable(all).filter { $0.classified.verdict < .move(.critical) }
        // A group begins when the one before it is gone, or hangs past its time.
        if let first {
            #expect(before.allSatisfy { node.asked[$0.classified.pod] ?? .seconds(1000) < first })
        }
        check(node, all)
    }

    @Test(arguments: seeds.prefix(30))
    func endsInTimeThoughNothingWorks(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let all = pods(&generator)
        let rules = PlanRules(DeadlinePolicy(), deadline: .seconds(120))
        let faults = SimulatedNode.Faults(
            overloadRate: 0.5,
            errorRate: 0.5,
            forbidsDeletion: Bool.random(using: &generator),
            latency: 100...3000
        )
        var node = SimulatedNode(rules, pods: all, faults: faults, seed: seed)
        node.run()
        #expect(node.violations == [])
        // No retry storm: a pod is tried about every ten seconds, and more often only at its end.
        #expect(node.mutations <= max(movable(all).count, 1) * 150)
    }

    @Test(arguments: seeds.prefix(30))
    func continuesWhereAnotherStopped(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let all = pods(&generator)
        let rules = PlanRules(DeadlinePolicy(), deadline: .seconds(120))
        var first = SimulatedNode(rules, pods: all, faults: .init(lostAnswerRate: 0.1), seed: seed)
        let stopAt = Duration.seconds(Int.random(in: 0...100, using: &generator))
        first.run { $0.now >= stopAt }
        let mutations = first.mutations
        let start = SimulatedNode.epoch
        let record = first.plan.results(start: start, isFinal: false)

        var second = first.taken(over: record, rules: rules, start: start)
        second.run()
        #expect(first.mutations == mutations)
        #expect(second.violations == [])
        for pod in movable(all) {
            #expect(second.asked[pod.classified.pod] != nil, "\(pod.classified.pod)")
        }
        let results = second.plan.results(start: start, isFinal: true)
        #expect(results.count == all.count)
        #expect(results.filter { $0.outcome == .skipped }.count == all.count - movable(all).count)
    }
}

extension ClassifiedPod.Verdict {
    fileprivate static func < (one: Self, other: Self) -> Bool {
        guard case .move(let one) = one, case .move(let other) = other else { return false }
        return one < other
    }
}
