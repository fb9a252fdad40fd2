internal import FoundationEssentials
internal import Kubernetes

extension DrainSession {
    private enum Event: Sendable {
        case evictionAnswered(PodReference, EvictionAnswer)
        case deletionAnswered(PodReference, DeletionAnswer)
        case listed([PodSighting]?, ReadConsistency, begun: Duration)
        case held(Node)
        case notHeld(KubernetesError)
        case nodeGone
        case saved
        case woke(Duration)
    }

    /// What the loop itself has under way.
    private struct Chores {
        var wakesAt: Duration?
        var isHolding = false
        var isSaving = false
        var savedAt: Duration?
        var saved: DrainProgress?
    }

    /// Performs a plan until it is over.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - classifier: For pods that appear.
    ///   - deadlinePolicy: How to hold the node, if that failed at first.
    /// - Throws: `CancellationError`, what a hook threw, or `NodeGone`.
    mutating func loop(
        _ plan: inout DrainPlan,
        _ classifier: PodClassifier,
        _ deadlinePolicy: DeadlinePolicy?
    ) async throws {
        var chores = Chores()
        try await withThrowingTaskGroup(of: Event.self) { group in
            while true {
                try Task.checkCancellation()
                if let paused = drain.pace.pausedUntil { plan.pause(until: paused - clockStart, at: now) }
                try await begin(plan.actions(at: now), plan.rules.pace, classifier, &group)
                beginHold(deadlinePolicy, &chores, &group)
                beginSave(plan, &chores, &group)
                guard !plan.isOver(at: now) else { break }
                beginSleep(until: plan.nextWake(after: now), &chores, &group)
                guard let event = try await group.next() else { break }
                try handle(event, &plan, &chores)
            }
            // What is still under way would come too late.
            group.cancelAll()
        }
        progress.pods = plan.results(start: start, isFinal: true)
        try await save()
    }

    private mutating func handle(_ event: Event, _ plan: inout DrainPlan, _ chores: inout Chores) throws {
        // An answer that was cut off is none.
        try Task.checkCancellation()
        switch event {
        case .evictionAnswered(let pod, let answer): plan.evictionAnswered(pod, answer, at: now)
        case .deletionAnswered(let pod, let answer): plan.deletionAnswered(pod, answer, at: now)
        case .listed(let sightings, let consistency, let begun):
            plan.listed(sightings, consistency, begun: begun, at: now)
        case .held(let node):
            chores.isHolding = false
            wasHeld(node)
        case .notHeld(let error):
            chores.isHolding = false
            // Without permission, there's no use in trying.
            holdAgainFrom = error.isRetryable || error.code == .conflict ? now + .seconds(1) : nil
        case .nodeGone:
            // Its pods may still be there; they are none of the node's any more.
            throw NodeGone()
        case .saved: chores.isSaving = false
        case .woke(let offset): if chores.wakesAt == offset { chores.wakesAt = nil }
        }
    }

    private func begin(
        _ actions: [DrainAction],
        _ pace: DrainPace,
        _ classifier: PodClassifier,
        _ group: inout ThrowingTaskGroup<Event, any Error>
    ) async throws {
        if actions.contains(where: \.isMutation) {
            try await hooks.mayAct()
            try Task.checkCancellation()
        }
        let (drain, node, start, begun) = (drain, node, start, now)
        let timeout = pace.callTimeout
        for action in actions {
            drain.log(action, node: node)
            switch action {
            case .evict(let pod, let seconds):
                group.addTask {
                    let answer = await drain.evict(pod, graceSeconds: seconds, timeout: timeout)
                    return .evictionAnswered(pod, answer)
                }
            case .delete(let pod, let seconds):
                group.addTask {
                    let answer = await drain.delete(pod, graceSeconds: seconds, timeout: timeout)
                    return .deletionAnswered(pod, answer)
                }
            case .list(let consistency):
                group.addTask {
                    let pods = await drain.pods(on: node, consistency, timeout: timeout * 2)
                    let inspection = pods.map { NodeInspection(classifier: classifier, found: $0) }
                    return .listed(inspection?.sightings(start: start), consistency, begun: begun)
                }
            }
        }
    }

    private func beginHold(
        _ policy: DeadlinePolicy?,
        _ chores: inout Chores,
        _ group: inout ThrowingTaskGroup<Event, any Error>
    ) {
        guard let policy, let from = holdAgainFrom, from <= now, !chores.isHolding else { return }
        chores.isHolding = true
        let session = self
        group.addTask {
            do {
                return .held(try await session.hold(policy, until: .now + .seconds(10)))
            } catch let error as KubernetesError {
                return error.code == .notFound ? .nodeGone : .notHeld(error)
            } catch is NodeGone {
                return .nodeGone
            }
        }
    }

    private mutating func beginSave(
        _ plan: DrainPlan,
        _ chores: inout Chores,
        _ group: inout ThrowingTaskGroup<Event, any Error>
    ) {
        guard !chores.isSaving, chores.savedAt.map({ now - $0 >= .seconds(1) }) ?? true else { return }
        progress.pods = plan.results(start: start, isFinal: false)
        guard progress != chores.saved else { return }
        chores.isSaving = true
        chores.saved = progress
        chores.savedAt = now
        let (hooks, progress) = (hooks, progress)
        group.addTask {
            try await hooks.onProgress(progress)
            return .saved
        }
    }

    private func beginSleep(
        until wake: Duration,
        _ chores: inout Chores,
        _ group: inout ThrowingTaskGroup<Event, any Error>
    ) {
        guard chores.wakesAt.map({ wake < $0 }) ?? true else { return }
        chores.wakesAt = wake
        let instant = instant(wake)
        group.addTask {
            try await Task.sleep(until: instant, clock: .continuous)
            return .woke(wake)
        }
    }
}
