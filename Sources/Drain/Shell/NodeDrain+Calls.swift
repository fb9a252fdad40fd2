internal import Kubernetes

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
}
