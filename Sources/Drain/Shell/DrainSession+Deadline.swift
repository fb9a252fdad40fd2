internal import FoundationEssentials
internal import Kubernetes

extension DrainSession {
    /// Drains a node that will be lost.
    mutating func run(until deadline: Date, _ policy: DeadlinePolicy) async throws -> DrainReport {
        let rules = PlanRules(policy, deadline: .seconds(deadline.timeIntervalSince(start)))
        guard now < rules.stopAt else {
            let outcome: DrainReport.Outcome = progress.heldAt == nil ? .tooLate : .incomplete
            return report(outcome, progress.pods.map(\.decided))
        }
        do {
            try await holdFirst(policy, rules)
            try await save()
            guard let inspection = try await inspect(policy, rules) else {
                // Not even the pods' names could be learned in time.
                return report(.incomplete, progress.pods.map(\.decided))
            }
            for text in inspection.problems { problem(text) }
            var plan = DrainPlan(
                rules,
                sightings: inspection.sightings(start: start),
                at: now,
                random: random
            )
            plan.resume(progress.pods, start: start, at: now)
            try await loop(&plan, inspection.classifier, policy)
            if let fatal = plan.fatal { throw fatal }
            let results = plan.results(start: start, isFinal: true)
            let isComplete = results.allSatisfy { $0.outcome != .lost }
            var report = report(isComplete ? .drained : .incomplete, results, blockers: plan.blockers)
            report.attachedVolumes = try await awaitVolumes(until: rules.stopAt, policy.pace)
            report.problems = problems
            return report
        } catch is NodeGone {
            return nodeGone()
        }
    }

    /// Reads the pods, for as long as it takes.
    ///
    /// - Returns: `nil` if there is no time left.
    private mutating func inspect(
        _ policy: DeadlinePolicy,
        _ rules: PlanRules
    ) async throws -> NodeInspection? {
        var last: KubernetesError?
        while now < rules.stopAt {
            do {
                return try await drain.patient(policy.pace, until: instant(rules.stopAt))
                    .inspect(node, leavesCritical: policy.leavesCritical, isLenient: true)
            } catch let error as KubernetesError {
                try Task.checkCancellation()
                guard error.isRetryable else { throw error }
                last = error
            }
            // A server that asks for more time than can be given is asked all the same.
            try await Task.sleep(until: min(instant(rules.stopAt), .now + .seconds(1)), clock: .continuous)
        }
        problem("the node's pods could not be listed: \(last.map { "\($0)" } ?? "there was no time")")
        return nil
    }

    /// Makes the node ours, or goes on without for now.
    ///
    /// Pods that were evicted before the cordon might come back to this very node, so it gets some seconds.
    private mutating func holdFirst(_ policy: DeadlinePolicy, _ rules: PlanRules) async throws {
        let patience = now + min(.seconds(10), (rules.stopAt - now) / 4)
        do {
            wasHeld(try await hold(policy, until: instant(patience)))
        } catch let error as KubernetesError {
            try Task.checkCancellation()
            guard error.code != .notFound else { throw NodeGone() }
            guard error.code != .unauthorized else { throw error }
            problem("the node could not be cordoned at once: \(error)")
            holdAgainFrom = now
        }
    }

    /// Makes the node ours.
    func hold(_ policy: DeadlinePolicy, until limit: ContinuousClock.Instant) async throws -> Node {
        let uid = progress.nodeUID
        return try await NodeCordon(drain.patient(policy.pace, until: limit).client).hold(
            node,
            jobID: jobID,
            excludesFromLoadBalancers: policy.excludesFromLoadBalancers,
            admit: { try Self.checkIdentity(of: $0, uid) },
            mayAct: hooks.mayAct
        )
    }
}

extension NodeDrain {
    /// The same drain with calls that are repeated quickly until a deadline.
    func patient(_ pace: DrainPace, until limit: ContinuousClock.Instant) -> NodeDrain {
        let retry = RetrySettings(
            timeout: pace.callTimeout,
            attempts: 1000,
            firstPause: .milliseconds(200),
            longestPause: .seconds(2)
        )
        let client = client.retrying(retry).until(limit)
        return NodeDrain(client: client, pace: self.pace, logger: logger, random: random)
    }
}
