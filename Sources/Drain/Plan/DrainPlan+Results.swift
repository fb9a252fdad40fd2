internal import FoundationEssentials
internal import Kubernetes

extension DrainPlan {
    /// Takes over what an earlier worker recorded of pods.
    ///
    /// A pod that is gone since counts as it was recorded; one that is stopping is known to be ours.
    mutating func resume(_ records: [PodResult], start: Date, at now: Duration) {
        for record in records {
            let isKnown = pods[record.pod] != nil
            var pod =
                pods[record.pod]
                ?? PlannedPod(ClassifiedPod(record.pod, .move(.ordinary), budgets: record.budgets))
            if let askedAt = record.askedAt, pod.askedAt == nil {
                pod.askedAt = .seconds(askedAt.timeIntervalSince(start))
                pod.isForced = record.isForced
                pod.graceSeconds = record.gracePeriodSeconds
            }
            if !record.budgets.isEmpty, pod.obstacle == nil {
                pod.obstacle = .budget
                pod.budgets = record.budgets
            }
            if record.outcome == .pending, record.reason != .alreadyTerminating {
                // The first worker knew of it and meant to move it: if it stops or is gone, that did it.
                pod.unansweredIsDeletion = pod.unansweredIsDeletion ?? record.isForced
            }
            if !isKnown {
                switch record.outcome {
                case .skipped: pod.state = .left(record.reason ?? .finished)
                case .pending, .evicted, .forced, .lost:
                    let goneAt = record.goneAt.map { Duration.seconds($0.timeIntervalSince(start)) }
                    pod.state = .gone(at: goneAt ?? now)
                }
            }
            pods[record.pod] = pod
        }
    }

    /// What became of each pod.
    ///
    /// - Parameters:
    ///   - start: What times are counted from.
    ///   - isFinal: Whether the drain is over; before, pods that are under way are pending.
    /// - Returns: By namespace and name.
    func results(start: Date, isFinal: Bool) -> [PodResult] {
        pods.values.map { result(of: $0, start, isFinal) }
            .sorted {
                ($0.pod.namespace, $0.pod.name, $0.pod.uid) < ($1.pod.namespace, $1.pod.name, $1.pod.uid)
            }
    }

    private func result(of pod: PlannedPod, _ start: Date, _ isFinal: Bool) -> PodResult {
        func date(_ offset: Duration) -> Date { start.addingTimeInterval(offset / .seconds(1)) }
        var result = PodResult(
            pod.pod,
            .pending,
            budgets: pod.obstacle == .budget ? pod.budgets : [],
            askedAt: pod.askedAt.map(date),
            gracePeriodSeconds: pod.askedAt == nil ? nil : pod.graceSeconds,
            isForced: pod.isForced
        )
        switch pod.state {
        case .gone(let at):
            result.goneAt = date(at)
            if pod.askedAt == nil, pod.unansweredIsDeletion == nil {
                result.outcome = .skipped
                result.reason = .alreadyTerminating
            } else {
                result.outcome = pod.isForced ? .forced : .evicted
            }
        case .left(let reason):
            result.outcome = .skipped
            result.reason = reason
        case .hanging:
            result.outcome = .lost
            result.reason = .hanging
            result.message = pod.hangingMessage
        case .stopping:
            guard isFinal else {
                if pod.askedAt == nil, pod.unansweredIsDeletion == nil { result.reason = .alreadyTerminating }
                break
            }
            result.outcome = .lost
            result.reason = .hanging
            result.message = pod.hangingMessage
        case .waiting, .calling:
            result.message = pod.message
            guard isFinal else { break }
            result.outcome = rules.deadline == nil ? .skipped : .lost
            result.reason = rules.deadline == nil ? .rolledBack : pod.obstacle ?? .notReached
            result.budgets = pod.obstacle == .budget ? pod.budgets : []
        }
        return result
    }

    /// What is in the way of the drain's end.
    var blockers: [DrainBlocker] {
        pods.values.compactMap { pod in
            switch pod.state {
            case .gone, .left, .hanging: return nil
            case .stopping:
                return DrainBlocker(.hanging, pod: pod.pod, pod.hangingMessage)
            case .waiting, .calling:
                let kind: DrainBlocker.Kind =
                    switch pod.obstacle {
                    case .budget: pod.isEvictionHopeless ? .severalBudgets : .budget
                    case .refused: .refused
                    case .unanswered: .unanswered
                    default: .notReached
                    }
                return DrainBlocker(
                    kind,
                    pod: pod.pod,
                    budgets: pod.obstacle == .budget ? pod.budgets : [],
                    pod.message ?? "its turn did not come in time"
                )
            }
        }
        .sorted { ($0.pod?.description ?? "") < ($1.pod?.description ?? "") }
    }
}

extension PlannedPod {
    /// What holds a pod that should have stopped.
    var hangingMessage: String {
        finalizers.isEmpty
            ? "was asked to stop, and is still there"
            : "was asked to stop, and is held by its finalizers \(finalizers.joined(separator: ", "))"
    }
}
