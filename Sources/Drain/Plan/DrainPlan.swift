public import Kubernetes

/// Decides what to do next in draining one node; does nothing itself.
///
/// Times are counted from the drain's start. The shell performs ``actions(at:)``, tells every answer, and comes
/// back at ``nextWake(after:)``.
///
/// ## Guarantees
/// - No pod is given less than a second to stop, and none is touched that is to be left.
/// - With a deadline and force, each pod is asked to stop early enough to have its own time, or at once.
/// - The drain is over at ``PlanRules/stopAt``, whatever is left.
public struct DrainPlan: Sendable {
    /// The rules.
    public let rules: PlanRules
    /// An error after which no call can succeed, such as an expired credential.
    public private(set) var fatal: KubernetesError?
    var pods: [PodReference: PlannedPod] = [:]
    /// Nothing but last chances before this.
    private var pausedUntil: Duration = .zero
    private var random: @Sendable () -> Double
    private var evictionsUnderWay = 0
    private var deletionsUnderWay = 0
    private var isListing = false
    private var nextList: Duration
    /// Before this, a node without pods may still get some.
    private let settlesAt: Duration
    private let begun: Duration
    /// Whether the last list, by quorum, was begun after the last pod was settled.
    private var isConfirmed = false

    /// Makes a plan from a list by quorum that was begun after the node was cordoned.
    ///
    /// - Parameters:
    ///   - rules: The rules.
    ///   - sightings: The pods.
    ///   - now: When the list was begun.
    ///   - random: A number from 0 to 1 for each pause.
    public init(
        _ rules: PlanRules,
        sightings: [PodSighting],
        at now: Duration,
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.rules = rules
        self.random = random
        nextList = now + rules.pace.listInterval
        settlesAt = now + rules.pace.settleTime
        begun = now
        for sighting in sightings { see(sighting, at: now, isCertain: true) }
    }

    // MARK: - What to do

    /// Whether nothing more is to be done.
    public func isOver(at now: Duration) -> Bool {
        if now >= rules.stopAt || fatal != nil || isRefused { return true }
        return isComplete
    }

    /// Whether every pod is gone, left or past hope.
    public var isSettled: Bool { pods.values.allSatisfy(\.isSettled) }

    /// Whether the server's store shows that nothing more has to happen.
    public var isComplete: Bool { isConfirmed && isSettled }

    /// Whether a pod is in the way for good, and that ends the drain.
    private var isRefused: Bool {
        rules.endsAtRefusal && pods.values.contains { $0.state == .waiting && $0.isEvictionHopeless }
    }

    /// What to do now; each action counts as begun.
    public mutating func actions(at now: Duration) -> [DrainAction] {
        giveUpHanging(at: now)
        guard !isOver(at: now) else { return [] }
        var actions: [DrainAction] = []
        let open = openGroup
        let waiting = pods.values.filter { $0.state == .waiting }
        let doomed = waiting.filter { wantsDeletion($0, at: now) }.sorted(by: isBefore)
        for pod in doomed where deletionsUnderWay < rules.deletionConcurrency {
            let seconds = rules.graceSeconds(own: pod.grace, at: now) ?? 1
            pods[pod.pod]?.state = .calling(isDeletion: true)
            pods[pod.pod]?.graceSeconds = seconds
            deletionsUnderWay += 1
            actions.append(.delete(pod.pod, graceSeconds: seconds))
        }
        let due = waiting.filter { evictableFrom($0, open).map { $0 <= now } ?? false }.sorted(by: isBefore)
        for pod in due where evictionsUnderWay < rules.concurrency && pods[pod.pod]?.state == .waiting {
            let seconds = rules.graceSeconds(own: pod.grace, at: now)
            pods[pod.pod]?.state = .calling(isDeletion: false)
            pods[pod.pod]?.graceSeconds = seconds
            evictionsUnderWay += 1
            actions.append(.evict(pod.pod, graceSeconds: seconds))
        }
        if !isListing, let consistency = wantedList(at: now) {
            isListing = true
            actions.append(.list(consistency))
        }
        return actions
    }

    /// When there may be something to do next, if no answer comes before.
    public func nextWake(after now: Duration) -> Duration {
        let open = openGroup
        var times = [rules.stopAt, listDue, begun + rules.patience]
        for pod in pods.values {
            switch pod.state {
            case .waiting:
                if let from = evictableFrom(pod, open) { times.append(from) }
                if let lastCall = rules.lastCall(grace: pod.grace) {
                    times.append(lastCall)
                    times.append(lastCall + rules.patience)
                    times.append(max(lastCall, pod.deleteNotBefore))
                }
            case .stopping:
                if let due = pod.dueAt { times.append(due + rules.pace.hangingAfter) }
            case .calling, .hanging, .gone, .left: break
            }
        }
        return times.filter { $0 > now }.min() ?? now + rules.pace.listInterval
    }

    /// The first group that isn't done; the ones after it wait.
    private var openGroup: DrainGroup {
        pods.values.filter { !$0.isSettled }.map(\.group).min() ?? .ordinary
    }

    /// Those go first that take longest to stop, if that is what matters; else the cheapest.
    private func isBefore(_ one: PlannedPod, _ other: PlannedPod) -> Bool {
        if one.group != other.group { return one.group < other.group }
        if rules.deadline != nil, one.grace != other.grace { return one.grace > other.grace }
        if one.deletionCost != other.deletionCost { return one.deletionCost < other.deletionCost }
        return (one.pod.namespace, one.pod.name) < (other.pod.namespace, other.pod.name)
    }

    /// When the pod's eviction may be asked for; `nil` if not now, or never.
    private func evictableFrom(_ pod: PlannedPod, _ open: DrainGroup) -> Duration? {
        guard !pod.isEvictionHopeless else { return nil }
        var from = max(pod.evictNotBefore, pausedUntil)
        if pod.group > open {
            // Its turn never came; but its time has.
            guard let lastCall = rules.lastCall(grace: pod.grace) else { return nil }
            from = max(from, lastCall)
        }
        return from
    }

    /// Whether it is time to delete a pod, its eviction having been tried or there being no time to.
    private func wantsDeletion(_ pod: PlannedPod, at now: Duration) -> Bool {
        guard rules.forces, !pod.isDeletionHopeless, let deadline = rules.deadline,
            let lastCall = rules.lastCall(grace: pod.grace), now >= lastCall, now >= pod.deleteNotBefore
        else { return false }
        // One try to evict comes first, unless the server is too slow for that, or the end too near.
        let isTimeShort =
            now + rules.pace.callTimeout >= deadline - rules.margin
            || now >= max(lastCall, begun) + rules.patience
        return pod.evictionTries > 0 || pod.isEvictionHopeless || isTimeShort || pausedUntil > now
    }

    private var listDue: Duration {
        max(isSettled && !isConfirmed ? min(nextList, settlesAt) : nextList, pausedUntil)
    }

    private func wantedList(at now: Duration) -> ReadConsistency? {
        guard now >= listDue else { return nil }
        return isSettled && now >= settlesAt ? .quorum : .cached
    }

    /// A pod that hangs is one whose time to stop has long passed.
    private mutating func giveUpHanging(at now: Duration) {
        for (reference, pod) in pods where pod.state == .stopping {
            guard let due = pod.dueAt, now >= due + rules.pace.hangingAfter else { continue }
            pods[reference]?.state = .hanging
        }
    }

    // MARK: - What happened

    /// An eviction was answered.
    public mutating func evictionAnswered(
        _ reference: PodReference,
        _ answer: EvictionAnswer,
        at now: Duration
    ) {
        guard var pod = pods[reference], pod.state == .calling(isDeletion: false) else { return }
        evictionsUnderWay -= 1
        pod.state = .waiting
        switch answer {
        case .accepted: pod.wasAsked(at: now, isForced: false)
        case .gone:
            // Most likely by this very request: a connection that is lost may have carried it twice.
            pod.unansweredIsDeletion = pod.unansweredIsDeletion ?? false
            settle(&pod, at: now)
        case .blockedByBudget(let message):
            pod.obstacle = .budget
            pod.message = message
            if pod.budgets.isEmpty { pod.budgets = Self.budgets(in: message, of: reference) }
            postponeEviction(&pod, at: now)
        case .severalBudgets(let message):
            pod.evictionTries += 1
            pod.obstacle = .budget
            pod.message = message
            pod.isEvictionHopeless = true
        case .namespaceTerminating:
            pod.wasNotAnswered("the namespace is being deleted")
            postponeEviction(&pod, at: now)
        case .overloaded(let retryAfter):
            // Says nothing of this pod.
            pod.wasNotAnswered("the server has too much to do")
            pause(until: now + retryAfter, at: now)
        case .failed(let error):
            pod.wasNotAnswered(error.description)
            if error.status == nil { pod.unansweredIsDeletion = false }
            postponeEviction(&pod, at: now)
            // Not a matter of budgets, and likely over soon.
            pod.evictNotBefore = min(pod.evictNotBefore, now + .seconds(3))
        case .unknownVersion:
            pod.evictionTries += 1
            pod.obstacle = .refused
            pod.message = "the server knows no version of evictions"
            pod.isEvictionHopeless = true
        case .refused(let error):
            pod.evictionTries += 1
            pod.obstacle = .refused
            pod.message = error.description
            pod.isEvictionHopeless = true
            if error.code == .unauthorized { fatal = error }
        }
        pods[reference] = pod
    }

    /// A deletion was answered.
    public mutating func deletionAnswered(
        _ reference: PodReference,
        _ answer: DeletionAnswer,
        at now: Duration
    ) {
        guard var pod = pods[reference], pod.state == .calling(isDeletion: true) else { return }
        deletionsUnderWay -= 1
        pod.state = .waiting
        switch answer {
        case .accepted: pod.wasAsked(at: now, isForced: true)
        case .gone:
            pod.unansweredIsDeletion = pod.unansweredIsDeletion ?? true
            settle(&pod, at: now)
        case .overloaded(let retryAfter):
            // The pod's last chance: it comes again soon, whatever the server would like.
            pod.deleteNotBefore = now + min(retryAfter, .seconds(1))
            pause(until: now + retryAfter, at: now)
        case .failed(let error):
            pod.wasNotAnswered(error.description)
            if error.status == nil { pod.unansweredIsDeletion = true }
            pod.deletionTries += 1
            pod.deleteNotBefore =
                now + min(rules.backOff(failures: pod.deletionTries, random: random()), .seconds(1))
        case .refused(let error):
            // Evictions go on meanwhile: a budget may yet allow one.
            if pod.obstacle != .budget {
                pod.obstacle = .refused
                pod.message = error.description
            }
            pod.isDeletionHopeless = true
            if error.code == .unauthorized { fatal = error }
        }
        pods[reference] = pod
    }

    /// The node's pods were listed.
    ///
    /// - Parameters:
    ///   - sightings: The pods; `nil` if the list failed.
    ///   - consistency: As was asked for.
    ///   - begun: When the list was begun.
    ///   - now: When it was answered.
    public mutating func listed(
        _ sightings: [PodSighting]?,
        _ consistency: ReadConsistency,
        begun: Duration,
        at now: Duration
    ) {
        isListing = false
        // A server that takes long to list is asked less often: it may be drained of a hundred nodes at once.
        nextList = now + max(rules.pace.listInterval, min((now - begun) * 4, rules.pace.callTimeout))
        guard let sightings else { return }
        let isCertain = consistency == .quorum
        let seen = Set(sightings.map(\.classified.pod))
        let wasSettled = isSettled
        for sighting in sightings { see(sighting, at: now, isCertain: isCertain) }
        for reference in pods.keys where !seen.contains(reference) {
            guard var pod = pods[reference] else { continue }
            switch pod.state {
            case .stopping, .hanging:
                settle(&pod, at: now)
                pods[reference] = pod
            // A cache may not know a fresh pod yet.
            case .waiting where isCertain:
                settle(&pod, at: now)
                pods[reference] = pod
            // A call's own answer comes first, and a pod that was left may go as it likes.
            case .waiting, .calling, .gone, .left: break
            }
        }
        isConfirmed = isCertain && wasSettled && isSettled && begun >= settlesAt
    }

    /// The server has too much to do: nothing but last chances before an instant.
    public mutating func pause(until instant: Duration, at now: Duration) {
        // With a deadline, a long pause would be the end.
        let longest: Duration = rules.deadline == nil ? .seconds(60) : .seconds(2)
        pausedUntil = max(pausedUntil, min(instant, now + longest))
    }

    private mutating func see(_ sighting: PodSighting, at now: Duration, isCertain: Bool) {
        let reference = sighting.classified.pod
        guard var pod = pods[reference] else {
            var pod = PlannedPod(sighting.classified)
            pod.note(sighting)
            pods[reference] = pod
            if !pod.isSettled { isConfirmed = false }
            return
        }
        pod.note(sighting)
        switch pod.state {
        case .gone where isCertain:
            // The answer was about something else, such as a conflict of writes.
            pod.state = sighting.isTerminating ? .stopping : .waiting
        case .waiting:
            if sighting.isTerminating {
                pod.state = .stopping
                if let isDeletion = pod.unansweredIsDeletion { pod.wasAsked(at: now, isForced: isDeletion) }
            } else if case .leave(let reason) = sighting.classified.verdict {
                pod.state = .left(reason)
            }
        case .stopping, .hanging, .calling, .gone, .left: break
        }
        pods[reference] = pod
    }

    private func settle(_ pod: inout PlannedPod, at now: Duration) {
        if pod.askedAt == nil, let isDeletion = pod.unansweredIsDeletion {
            pod.askedAt = now
            pod.isForced = isDeletion
        }
        pod.state = .gone(at: now)
    }

    private func postponeEviction(_ pod: inout PlannedPod, at now: Duration) {
        pod.evictionTries += 1
        pod.evictNotBefore = now + rules.backOff(failures: pod.evictionTries, random: random())
    }

    /// The budgets that an answer names, for an account that may not list them.
    static func budgets(in message: String, of pod: PodReference) -> [String] {
        let words = message.split(separator: " ")
        return words.indices.dropLast().filter { words[$0] == "budget" }
            .map { "\(pod.namespace)/\(words[$0 + 1])" }
    }
}

extension PlannedPod {
    /// Says less than an answer that came before.
    mutating func wasNotAnswered(_ message: String) {
        guard obstacle == nil || obstacle == .unanswered else { return }
        obstacle = .unanswered
        self.message = message
    }

    mutating func wasAsked(at now: Duration, isForced: Bool) {
        askedAt = askedAt ?? now
        self.isForced = isForced
        state = .stopping
        dueAt = now + (graceSeconds.map { .seconds($0) } ?? grace)
    }

    mutating func note(_ sighting: PodSighting) {
        finalizers = sighting.finalizers
        if !sighting.classified.budgets.isEmpty { budgets = sighting.classified.budgets }
        if sighting.isTerminating, let due = sighting.dueAt { dueAt = due }
    }
}
