internal import Kubernetes
internal import Logging

extension NodeDrain {
    /// Asks for an eviction, by the version of the policy API that the server knows.
    func evict(_ pod: PodReference, graceSeconds: Int?, timeout: Duration) async -> EvictionAnswer {
        let client = client.until(.now + timeout)
        var version = pace.version
        for _ in PolicyVersion.allCases {
            do throws(KubernetesError) {
                try await client.evict(pod, version: version, gracePeriodSeconds: graceSeconds)
                return .accepted
            } catch {
                let answer = EvictionAnswer(error)
                switch answer {
                case .unknownVersion: version = pace.replace(version)
                case .overloaded(let retryAfter):
                    pace.overloaded(until: .now + retryAfter)
                    return answer
                default: return answer
                }
            }
        }
        return .unknownVersion
    }

    /// Deletes a pod in spite of its budgets.
    func delete(_ pod: PodReference, graceSeconds: Int, timeout: Duration) async -> DeletionAnswer {
        do throws(KubernetesError) {
            try await client.until(.now + timeout).deletePod(pod, gracePeriodSeconds: graceSeconds)
            return .accepted
        } catch {
            let answer = DeletionAnswer(error)
            if case .overloaded(let retryAfter) = answer { pace.overloaded(until: .now + retryAfter) }
            return answer
        }
    }

    /// Lists a node's pods; `nil` if that fails, as the next time comes soon enough.
    func pods(on node: String, _ consistency: ReadConsistency, timeout: Duration) async -> [Pod]? {
        do throws(KubernetesError) {
            return try await client.until(.now + timeout).pods(onNode: node, consistency: consistency)
        } catch {
            if error.code == .tooManyRequests {
                pace.overloaded(until: .now + (error.retryAfter ?? .seconds(1)))
            }
            logger.debug("cannot list pods", metadata: ["node.name": "\(node)", "error": "\(error)"])
            return nil
        }
    }

    func log(_ action: DrainAction, node: String) {
        let (message, pod, seconds): (Logger.Message, PodReference, Int?)
        switch action {
        case .list: return
        case .evict(let reference, let grace): (message, pod, seconds) = ("evicting pod", reference, grace)
        case .delete(let reference, let grace): (message, pod, seconds) = ("deleting pod", reference, grace)
        }
        var metadata: Logger.Metadata = [
            "node.name": "\(node)", "pod.namespace": "\(pod.namespace)", "pod.name": "\(pod.name)",
        ]
        if let seconds { metadata["pod.grace_seconds"] = "\(seconds)" }
        logger.debug(message, metadata: metadata)
    }
}
