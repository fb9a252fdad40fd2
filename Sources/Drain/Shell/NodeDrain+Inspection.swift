internal import FoundationEssentials
internal import Kubernetes

/// The pods of a node, as they were found.
struct NodeInspection: Sendable {
    var classifier: PodClassifier
    var found: [Pod]
    /// What could not be read.
    var problems: [String] = []

    var pods: [ClassifiedPod] { found.map(classifier.classify) }

    /// The pods as a plan sees them.
    func sightings(start: Date) -> [PodSighting] {
        found.map { pod in
            PodSighting(
                classifier.classify(pod),
                isTerminating: pod.metadata.deletedAt != nil,
                dueAt: pod.metadata.deletedAt.map { .seconds($0.timeIntervalSince(start)) },
                finalizers: pod.metadata.finalizers
            )
        }
    }
}

extension NodeDrain {
    /// Reads a node's pods by quorum, with the budgets and DaemonSets that decide about them.
    ///
    /// - Parameters:
    ///   - node: The node's name.
    ///   - leavesCritical: Whether critical pods are left to die with the node.
    ///   - isLenient: Whether to go on without budgets or DaemonSets that cannot be read. A DaemonSet then counts
    ///     as there.
    /// - Returns: The pods, with what decides about them.
    /// - Throws: ``KubernetesError``, or `CancellationError`.
    func inspect(
        _ node: String,
        leavesCritical: Bool,
        isLenient: Bool = false
    ) async throws -> NodeInspection {
        // What can be done without gets seconds only.
        @Sendable func aside() -> KubernetesClient { isLenient ? client.until(.now + .seconds(5)) : client }
        async let budgets = result { try await aside().podDisruptionBudgets() }
        let pods = try await client.pods(onNode: node)
        let missing = await missingDaemonSets(of: pods, aside())
        var problems: [String] = []
        func value<Value>(_ result: Result<Value, any Error>, _ what: String, or fallback: Value) throws
            -> Value
        {
            switch result {
            case .success(let value): return value
            case .failure(let error):
                try Task.checkCancellation()
                guard isLenient else { throw error }
                problems.append("\(what) could not be read: \(error)")
                return fallback
            }
        }
        let classifier = PodClassifier(
            budgets: try value(await budgets, "disruption budgets", or: []),
            missingDaemonSets: try value(missing, "DaemonSets", or: []),
            leavesCritical: leavesCritical
        )
        return NodeInspection(classifier: classifier, found: pods, problems: problems)
    }

    private func missingDaemonSets(
        of pods: [Pod],
        _ client: KubernetesClient
    ) async -> Result<Set<PodClassifier.DaemonSetName>, any Error> {
        await result {
            try await withThrowingTaskGroup(of: PodClassifier.DaemonSetName?.self) { group in
                for name in PodClassifier.daemonSets(of: pods) {
                    group.addTask {
                        let exists = try await client.daemonSetExists(
                            namespace: name.namespace,
                            name: name.name
                        )
                        return exists ? nil : name
                    }
                }
                return try await group.reduce(into: []) { missing, name in
                    if let name { missing.insert(name) }
                }
            }
        }
    }

    private func result<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
