extension ClusterState {
    func node(_ name: String) throws(KubernetesStatus) -> NodeModel {
        guard let node = nodes[name] else { throw .notFound("nodes", name) }
        return node
    }

    /// Applies a JSON merge patch to a node; only what may be changed about one is.
    ///
    /// - Throws: ``KubernetesStatus``: 404, 409 if the node was changed since it was read, 422 for values of a wrong type.
    mutating func patchNode(_ name: String, _ patch: JSON, at now: Double) throws(KubernetesStatus)
        -> NodeModel
    {
        let before = try node(name)
        if let read = patch["metadata"]?["resourceVersion"]?.string, !read.isEmpty,
            read != "\(before.version)"
        {
            throw .modified("nodes", name)
        }
        var node = before
        try Self.merge(patch["metadata"]?["labels"], into: &node.labels, "labels", name)
        try Self.merge(patch["metadata"]?["annotations"], into: &node.annotations, "annotations", name)
        switch patch["spec"]?["unschedulable"] {
        case .boolean(let value)?: node.isUnschedulable = value
        case .null?: node.isUnschedulable = false
        case nil: break
        default: throw .invalid("Node", name, "spec.unschedulable: must be a boolean")
        }
        switch patch["spec"]?["taints"] {
        case .array(let values)?:
            var taints: [NodeModel.Taint] = []
            for value in values {
                guard let key = value["key"]?.string, let effect = value["effect"]?.string,
                    ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(effect)
                else { throw .invalid("Node", name, "spec.taints: a taint needs a key and an effect") }
                taints.append(
                    .init(
                        key: key,
                        value: value["value"]?.string,
                        effect: effect,
                        timeAdded: value["timeAdded"]?.string
                    )
                )
            }
            node.taints = taints
        case .null?: node.taints = []
        case nil: break
        default: throw .invalid("Node", name, "spec.taints: must be a list")
        }
        guard
            node.labels != before.labels || node.annotations != before.annotations
                || node.taints != before.taints || node.isUnschedulable != before.isUnschedulable
        else { return before }
        change(node)
        if node.isUnschedulable != before.isUnschedulable {
            interruptions.note(node.isUnschedulable ? "cordoned" : "uncordoned", node: name, at: now)
        }
        if node.isOpen { schedule(at: now) }
        return self.nodes[name] ?? node
    }

    mutating func change(_ node: NodeModel) {
        version += 1
        var node = node
        node.version = version
        nodes[node.name] = node
        cache.nodesChanged()
    }

    private static func merge(
        _ patch: JSON?,
        into values: inout [String: String],
        _ field: String,
        _ node: String
    ) throws(KubernetesStatus) {
        guard let patch, case .object(let members) = patch else { return }
        for (key, value) in members {
            switch value {
            case .string(let text): values[key] = text
            case .null: values[key] = nil
            default: throw .invalid("Node", node, "metadata.\(field): must be strings")
            }
        }
    }

    /// A node with the pods that every node has.
    mutating func addNode(_ machine: Machine, at now: Double) {
        let node = NodeModel(machine, in: region, uid: generator.uid(), at: now)
        change(node)
        for daemon in workloads.values.filter({ $0.owner.kind == "DaemonSet" })
            .sorted(by: { $0.application < $1.application })
        {
            let pod = PodModel(
                workload: daemon,
                name: daemon.podName(ordinal: 0, using: &generator),
                phase: .pending,
                nodeName: node.name,
                using: &generator
            )
            insert(pod)
            agenda.add(.podStarts(pod.key, uid: pod.uid), at: now + 1)
        }
        schedule(at: now)
    }

    /// Takes a node away with all that runs on it.
    ///
    /// - Returns: The pods that could not stop before, without those of DaemonSets.
    mutating func removeNode(_ name: String, at now: Double) -> [PodModel] {
        guard nodes.removeValue(forKey: name) != nil else { return [] }
        version += 1
        cache.nodesChanged()
        var lost: [PodModel] = []
        for key in (podsOnNode[name] ?? []).sorted() {
            guard let pod = remove(key) else { continue }
            if !pod.isDaemon, pod.phase != .succeeded { lost.append(pod) }
        }
        podsOnNode[name] = nil
        usage[name] = nil
        return lost
    }
}
