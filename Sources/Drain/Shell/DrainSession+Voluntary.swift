internal import FoundationEssentials
internal import Kubernetes

extension DrainSession {
    /// Moves every pod of a node elsewhere, or leaves everything as it is.
    mutating func run(_ policy: VoluntaryPolicy) async throws -> DrainReport {
        do {
            let found = try await drain.client.node(node)
            try Self.checkIdentity(of: found, progress.nodeUID)
            // Half way, the budgets are used up by this very drain, and say nothing.
            let isOurs = NodeHold.holder(of: found) == jobID
            if !isOurs {
                let inspection = try await drain.inspect(node, leavesCritical: false)
                let blockers = Preflight.blockers(of: found, inspection.pods, jobID: jobID, policy)
                guard blockers.isEmpty else { return report(.refused, progress.pods, blockers: blockers) }
            }
            wasHeld(try await hold())
            do {
                return try await drainHeld(policy, isOurs: isOurs)
            } catch let error as KubernetesError {
                try Task.checkCancellation()
                guard error.code != .unauthorized else { throw error }
                _ = try await rollBack()
                throw error
            }
        } catch is NodeGone {
            return nodeGone()
        } catch let error as NodeHeld {
            let blockers = Preflight.blockers(of: error.node, [], jobID: jobID, policy)
            return report(.refused, progress.pods, blockers: blockers)
        } catch let error as KubernetesError {
            try Task.checkCancellation()
            guard error.code == .notFound else { throw error }
            return nodeGone()
        }
    }

    private mutating func drainHeld(_ policy: VoluntaryPolicy, isOurs: Bool) async throws -> DrainReport {
        try await save()
        let inspection = try await drain.inspect(node, leavesCritical: false)
        if !isOurs {
            // What came between the first look and the cordon.
            let blockers = Preflight.objections(to: inspection.pods, policy)
            guard blockers.isEmpty else {
                let isReleased = try await rollBack()
                return report(isReleased ? .refused : .rollBackFailed, progress.pods, blockers: blockers)
            }
        }
        let elapsed = Duration.seconds(start.timeIntervalSince(progress.startedAt))
        let rules = PlanRules(policy, stopAt: policy.timeout - elapsed)
        var plan = DrainPlan(
            rules,
            sightings: inspection.sightings(start: start),
            at: now,
            random: random
        )
        plan.resume(progress.pods, start: start, at: now)
        try await loop(&plan, inspection.classifier, nil)
        if let fatal = plan.fatal { throw fatal }
        let results = plan.results(start: start, isFinal: true)
        if plan.isComplete {
            var report = report(.drained, results)
            report.attachedVolumes = try await awaitVolumes(until: rules.stopAt, policy.pace)
            report.problems = problems
            return report
        }
        if plan.isSettled { problem("the node was not seen to be empty in time") }
        let isReleased = try await rollBack()
        return report(isReleased ? .rolledBack : .rollBackFailed, results, blockers: plan.blockers)
    }

    /// Makes the node ours, unless another job was faster.
    private func hold() async throws -> Node {
        let uid = progress.nodeUID
        return try await NodeCordon(drain.client).hold(
            node,
            jobID: jobID,
            admit: { node in
                try Self.checkIdentity(of: node, uid)
                guard [nil, jobID].contains(NodeHold.holder(of: node)) else { throw NodeHeld(node: node) }
            },
            mayAct: hooks.mayAct
        )
    }

    /// Gives the node back as it was.
    ///
    /// - Returns: Whether that worked; else the report's problems say why not.
    private mutating func rollBack() async throws -> Bool {
        do {
            let limit = ContinuousClock.now + .seconds(30)
            try await NodeCordon(drain.patient(DrainPace(), until: limit).client)
                .release(node, jobID: jobID, mayAct: hooks.mayAct)
            return true
        } catch let error as KubernetesError {
            try Task.checkCancellation()
            guard error.code != .notFound else { return true }
            problem("the node could not be given back: \(error)")
            return false
        }
    }
}
