import FoundationEssentials
import Kubernetes

@testable import Drain

/// A node and its API server, with a virtual clock and faults by a seed; fails a rule by recording a violation.
struct SimulatedNode {
    struct SimulatedPod {
        let classified: ClassifiedPod
        /// When its budget starts to allow its eviction; `nil` never.
        let allowedFrom: Duration?
        let hasSeveralBudgets: Bool
        let holdsFinalizer: Bool
        /// Whether it uses all of its time to stop.
        let isSlow: Bool
        var askedAt: Duration?
        var given: Int?
        var dueAt: Duration?
    }

    struct Faults {
        var overloadRate = 0.0
        var errorRate = 0.0
        var lostAnswerRate = 0.0
        var forbidsDeletion = false
        var latency: ClosedRange<Int> = 5...200
    }

    private enum Event {
        case answer(DrainAction, begun: Duration)
        case wake
    }

    let rules: PlanRules
    let faults: Faults
    var generator: SeededGenerator
    var pods: [PodReference: SimulatedPod]
    var plan: DrainPlan
    var now: Duration = .zero
    var violations: [String] = []
    var mutations = 0
    private var queue: [(at: Duration, event: Event)] = []

    init(_ rules: PlanRules, pods: [SimulatedPod], faults: Faults, seed: UInt64) {
        self.rules = rules
        self.faults = faults
        generator = SeededGenerator(seed: seed)
        self.pods = Dictionary(uniqueKeysWithValues: pods.map { ($0.classified.pod, $0) })
        plan = DrainPlan(rules, sightings: pods.map { PodSighting($0.classified) }, at: .zero)
    }

    /// Runs to the end, or until `stop` says so.
    mutating func run(until stop: (SimulatedNode) -> Bool = { _ in false }) {
        var steps = 0
        while !plan.isOver(at: now), !stop(self) {
            steps += 1
            guard steps < 100_000 else { return violations.append("never ends") }
            for action in plan.actions(at: now) {
                check(action)
                let delay = Duration.milliseconds(Int.random(in: faults.latency, using: &generator))
                queue.append((now + delay, .answer(action, begun: now)))
            }
            if plan.isOver(at: now) { break }
            let wake = plan.nextWake(after: now)
            if wake <= now { violations.append("wakes in the past") }
            queue.append((wake, .wake))
            guard let index = queue.indices.min(by: { queue[$0].at < queue[$1].at }) else { break }
            let next = queue.remove(at: index)
            now = max(now, next.at)
            queue.removeAll { if case .wake = $0.event { true } else { false } }
            passTime()
            if case .answer(let action, let begun) = next.event { answer(action, begun) }
        }
        if now > rules.stopAt { violations.append("ends late") }
    }

    static let epoch = Date(timeIntervalSince1970: 1_767_323_045)

    /// The same node in the hands of another worker, who knows what the first one recorded.
    func taken(over record: [PodResult], rules: PlanRules, start: Date) -> SimulatedNode {
        var node = self
        node.queue = []
        let sightings = pods.values.map {
            PodSighting(
                $0.askedAt == nil ? $0.classified : $0.classified.awaited,
                isTerminating: $0.askedAt != nil,
                dueAt: $0.dueAt
            )
        }
        node.plan = DrainPlan(rules, sightings: sightings, at: now)
        node.plan.resume(record, start: start, at: now)
        return node
    }

    private mutating func passTime() {
        for (reference, pod) in pods {
            guard let due = pod.dueAt, due <= now, !pod.holdsFinalizer else { continue }
            pods[reference] = nil
        }
    }

    private mutating func check(_ action: DrainAction) {
        let pod: PodReference
        let seconds: Int?
        switch action {
        case .list: return
        case .evict(let reference, let grace): (pod, seconds) = (reference, grace)
        case .delete(let reference, let grace): (pod, seconds) = (reference, grace)
        }
        mutations += 1
        if let seconds, seconds < 1 { violations.append("\(pod) gets no time") }
        if now >= rules.stopAt { violations.append("\(pod) is touched after the end") }
        guard let known = pods[pod] else { return }
        guard case .move = known.classified.verdict else {
            return violations.append("\(pod) is touched though it is to be left")
        }
        if let deadline = rules.deadline, let seconds, .seconds(seconds) > max(deadline - now, .seconds(1)) {
            violations.append("\(pod) gets time beyond the deadline")
        }
        guard case .delete = action else { return }
        if !rules.forces { violations.append("\(pod) is forced") }
        if let lastCall = rules.lastCall(grace: known.classified.grace), now < lastCall {
            violations.append("\(pod) is forced too early")
        }
    }

    private mutating func answer(_ action: DrainAction, _ begun: Duration) {
        let failure = KubernetesError(.serverError, "broken", status: 500)
        let lost = KubernetesError(.timedOut, "no answer")
        let roll = Double.random(in: 0...1, using: &generator)
        let isOverloaded = roll < faults.overloadRate
        let isBroken = !isOverloaded && roll < faults.overloadRate + faults.errorRate
        let isLost = Double.random(in: 0...1, using: &generator) < faults.lostAnswerRate
        switch action {
        case .list(let consistency):
            guard !isBroken, !isOverloaded else {
                return plan.listed(nil, consistency, begun: begun, at: now)
            }
            let sightings = pods.values.map {
                PodSighting($0.classified, isTerminating: $0.askedAt != nil, dueAt: $0.dueAt)
            }
            plan.listed(sightings, consistency, begun: begun, at: now)
        case .evict(let pod, let seconds):
            if isOverloaded {
                return plan.evictionAnswered(pod, .overloaded(retryAfter: .seconds(1)), at: now)
            }
            if isBroken { return plan.evictionAnswered(pod, .failed(failure), at: now) }
            var result = eviction(of: pod, seconds)
            if isLost { result = .failed(lost) }
            plan.evictionAnswered(pod, result, at: now)
        case .delete(let pod, let seconds):
            if faults.forbidsDeletion {
                let forbidden = KubernetesError(.forbidden, "no", status: 403)
                return plan.deletionAnswered(pod, .refused(forbidden), at: now)
            }
            if isOverloaded {
                return plan.deletionAnswered(pod, .overloaded(retryAfter: .seconds(1)), at: now)
            }
            if isBroken { return plan.deletionAnswered(pod, .failed(failure), at: now) }
            let isThere = pods[pod] != nil
            if isThere { stopPod(pod, seconds) }
            let result: DeletionAnswer = isLost ? .failed(lost) : isThere ? .accepted : .gone
            plan.deletionAnswered(pod, result, at: now)
        }
    }

    private mutating func eviction(of reference: PodReference, _ seconds: Int?) -> EvictionAnswer {
        guard let pod = pods[reference] else { return .gone }
        if pod.askedAt != nil { return .accepted }
        if pod.hasSeveralBudgets { return .severalBudgets(message: "more than one") }
        guard let from = pod.allowedFrom, from <= now else {
            return .blockedByBudget(message: "The disruption budget web needs 3")
        }
        stopPod(reference, seconds)
        return .accepted
    }

    private mutating func stopPod(_ reference: PodReference, _ seconds: Int?) {
        guard var pod = pods[reference], pod.askedAt == nil else { return }
        let given = seconds ?? Int(pod.classified.grace.components.seconds)
        pod.askedAt = now
        pod.given = given
        asked[reference] = now
        pod.dueAt = now + (pod.isSlow ? .seconds(given) : .milliseconds(300))
        pods[reference] = pod
    }

    /// When each pod was told to stop, also of those that are gone.
    private(set) var asked: [PodReference: Duration] = [:]
}

extension ClassifiedPod {
    fileprivate var awaited: ClassifiedPod {
        var pod = self
        if case .move = verdict { pod.verdict = .await }
        return pod
    }
}

/// SplitMix64: small, and the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
