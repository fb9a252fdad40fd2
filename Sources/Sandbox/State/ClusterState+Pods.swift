import FoundationEssentials

extension ClusterState {
    /// Asks for a pod's eviction, as the subresource of pods does.
    ///
    /// - Throws: ``KubernetesStatus``: 404 for no such pod, 409 if it is another of the name, 429 if its budget does not
    ///   allow it, 500 if it has several.
    mutating func evict(
        _ key: String,
        uid: String?,
        graceSeconds: Int?,
        at now: Double
    ) throws(KubernetesStatus) {
        let pod = try pod(key, uid: uid)
        // As the API server: what does not run is no budget's concern.
        if pod.isHealthy, let workload = workloads[pod.owner.uid], let budget = budget(of: workload) {
            guard budget.allowed > 0 else {
                interruptions.note("pod_held_by_budget", pod: pod, at: now, [("budget", "\(budget.name)")])
                throw .overBudget(budget.name, desired: budget.desired, healthy: budget.healthy)
            }
        }
        stop(pod, graceSeconds: graceSeconds, at: now, as: "pod_evicted")
    }

    /// Deletes a pod whatever its budgets say.
    ///
    /// - Returns: The pod as it then is.
    /// - Throws: ``KubernetesStatus``: 404 for no such pod, 409 if it is another of the name.
    mutating func delete(
        _ key: String,
        uid: String?,
        graceSeconds: Int?,
        at now: Double
    ) throws(KubernetesStatus) -> PodModel {
        let pod = try pod(key, uid: uid)
        stop(pod, graceSeconds: graceSeconds, at: now, as: "pod_deleted")
        return pods[key] ?? pod
    }

    func pod(_ key: String, uid: String? = nil) throws(KubernetesStatus) -> PodModel {
        guard let pod = pods[key] else {
            throw .notFound("pods", String(key.drop { $0 != "/" }.dropFirst()))
        }
        guard uid == nil || uid == pod.uid else {
            throw .conflict(
                "pods",
                pod.name,
                "Precondition failed: UID in precondition: \(uid ?? ""), UID in object meta: \(pod.uid)"
            )
        }
        return pod
    }

    private mutating func stop(_ pod: PodModel, graceSeconds: Int?, at now: Double, as word: String) {
        let grace = max(0, graceSeconds ?? 30)
        guard pod.nodeName != nil, pod.phase != .succeeded, grace > 0 else {
            // Nothing runs that had to end first.
            remove(pod.key)
            replenish(pod.owner.uid, after: pod, at: now)
            return schedule(at: now)
        }
        let stopsAt = now + min(pod.stopSeconds, Double(grace))
        if let deletion = pod.deletion, deletion.deadline <= now + Double(grace) { return }
        change(pod.key) {
            $0.deletion = .init(deadline: now + Double(grace), graceSeconds: grace, stopsAt: stopsAt)
        }
        if pod.deletion == nil {
            interruptions.note(word, pod: pod, at: now, [("grace_seconds", .number(grace))])
        }
        agenda.add(.podStops(pod.key, uid: pod.uid), at: stopsAt)
        // A ReplicaSet does not count what is about to stop, a StatefulSet waits until the name is free.
        if pod.owner.kind == "ReplicaSet" {
            replenish(pod.owner.uid, after: pod, at: now)
            schedule(at: now)
        }
    }

    mutating func podStopped(_ key: String, _ uid: String, at now: Double) {
        guard let pod = pods[key], pod.uid == uid, let deletion = pod.deletion, deletion.stopsAt <= now else {
            return
        }
        remove(key)
        interruptions.note("pod_terminated", pod: pod, at: now, [])
        replenish(pod.owner.uid, after: pod, at: now)
        schedule(at: now)
    }

    mutating func podStarted(_ key: String, _ uid: String, at now: Double) {
        guard let pod = pods[key], pod.uid == uid, pod.phase == .pending else { return }
        change(key) { $0.phase = .running }
        interruptions.podRuns(pod, at: now)
    }

    // MARK: - Controllers

    /// Brings a workload to the number of pods that is wanted of it.
    ///
    /// - Parameters:
    ///   - uid: The owner's.
    ///   - previous: The pod that is missed, if one is.
    ///   - now: The time.
    mutating func replenish(_ uid: String, after previous: PodModel?, at now: Double) {
        guard let workload = workloads[uid], workload.owner.kind != "DaemonSet" else { return }
        let own = (podsOfOwner[uid] ?? []).compactMap { pods[$0] }
        if workload.owner.kind == "StatefulSet" {
            let names = Set(own.map(\.name))
            for ordinal in 0..<workload.replicas {
                let name = "\(workload.owner.name)-\(ordinal)"
                if !names.contains(name) { create(workload, name, after: previous, at: now) }
            }
            for pod in own where pod.deletion == nil && Self.ordinal(pod.name) >= workload.replicas {
                stop(pod, graceSeconds: nil, at: now, as: "pod_deleted")
            }
            return
        }
        let active = own.filter { $0.deletion == nil }
        for _ in active.count..<max(active.count, workload.replicas) {
            let name = workload.podName(ordinal: 0, using: &generator)
            create(workload, name, after: previous, at: now)
        }
        // Those that do not run yet go first.
        let surplus = active.sorted {
            ($0.phase == .pending ? 0 : 1, $1.created, $0.name) < (
                $1.phase == .pending ? 0 : 1, $0.created, $1.name
            )
        }
        for pod in surplus.prefix(max(0, active.count - workload.replicas)) {
            stop(pod, graceSeconds: nil, at: now, as: "pod_deleted")
        }
    }

    private static func ordinal(_ name: String) -> Int {
        name.lastIndex(of: "-").flatMap { Int(name[name.index(after: $0)...]) } ?? 0
    }

    private mutating func create(
        _ workload: WorkloadModel,
        _ name: String,
        after previous: PodModel?,
        at now: Double
    ) {
        var pod = PodModel(workload: workload, name: name, phase: .pending, nodeName: nil, using: &generator)
        pod.created = Timestamp.text(Date(timeIntervalSince1970: now))
        pod.movedBy = previous.flatMap { interruptions.reason(of: $0) }
        insert(pod)
    }

    /// Gives nodes to pods that have none, where there is room: the least loaded node first.
    mutating func schedule(at now: Double) {
        guard !unbound.isEmpty else { return }
        let open = nodes.values.filter(\.isOpen).sorted { $0.name < $1.name }
        for key in unbound.sorted() {
            guard let pod = pods[key], !pod.isMisfit else { continue }
            var best: (name: String, load: Double)?
            for node in open where hasRoom(node, for: pod) {
                let used = usage[node.name] ?? NodeUsage()
                let load = Double(used.millicores) / Double(node.instanceType.allocatableMillicores)
                if best.map({ load < $0.load }) ?? true { best = (node.name, load) }
            }
            guard let best else { continue }
            bind(key, to: best.name)
            agenda.add(
                .podStarts(key, uid: pod.uid),
                at: now + .random(in: 0.8...2.5, using: &generator)
            )
        }
    }

    private func hasRoom(_ node: NodeModel, for pod: PodModel) -> Bool {
        let used = usage[node.name] ?? NodeUsage()
        let type = node.instanceType
        return used.pods < type.maximumPods
            && used.millicores + pod.millicores <= type.allocatableMillicores
            && used.mebibytes + pod.mebibytes <= type.allocatableMiB
    }
}
