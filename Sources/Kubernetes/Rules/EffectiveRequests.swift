/// What a pod counts for on its node.
///
/// Source: `PodRequests` of `k8s.io/component-helpers/resource`, with the resources of a resize in place.
public enum EffectiveRequests {
    /// The amounts set aside for a pod, overhead included.
    public static func of(_ pod: Pod) -> ResourceList {
        var total = ofContainers(pod)
        for (name, amount) in pod.spec.resources?.requests ?? [:] where isPodLevel(name) {
            total[name] = amount
        }
        total.add(pod.spec.overhead ?? [:])
        return total
    }

    /// Containers and sidecars run together; each init container runs before, beside the sidecars started so far.
    private static func ofContainers(_ pod: Pod) -> ResourceList {
        let statuses = Dictionary(
            ((pod.status.containerStatuses ?? []) + (pod.status.initContainerStatuses ?? [])).map {
                ($0.name, $0)
            },
            uniquingKeysWith: { first, _ in first }
        )
        let isInfeasible = isResizeInfeasible(pod)
        var running: ResourceList = [:]
        for container in pod.spec.containers ?? [] {
            running.add(requests(of: container, statuses[container.name], isInfeasible))
        }
        var sidecars: ResourceList = [:]
        var starting: ResourceList = [:]
        for container in pod.spec.initContainers ?? [] {
            if container.restartPolicy == "Always" {
                let own = requests(of: container, statuses[container.name], isInfeasible)
                running.add(own)
                sidecars.add(own)
                starting.raise(to: sidecars)
            } else {
                var atOnce = sidecars
                atOnce.add(container.resources?.requests ?? [:])
                starting.raise(to: atOnce)
            }
        }
        running.raise(to: starting)
        return running
    }

    /// While a resize is under way, the largest of what is wanted, set aside and given; a resize that can't
    /// happen on this node does not count.
    private static func requests(
        of container: Pod.Container,
        _ status: Pod.ContainerStatus?,
        _ isInfeasible: Bool
    ) -> ResourceList {
        let wanted = container.resources?.requests ?? [:]
        guard let status, let given = status.resources else { return wanted }
        var result = isInfeasible ? [:] : wanted
        result.raise(to: given.requests ?? [:])
        result.raise(to: status.allocatedResources ?? [:])
        return result
    }

    private static func isResizeInfeasible(_ pod: Pod) -> Bool {
        pod.status.resize == "Infeasible"
            || (pod.status.conditions ?? []).contains {
                $0.type == "PodResizePending" && $0.reason == "Infeasible"
            }
    }

    private static func isPodLevel(_ resource: String) -> Bool {
        resource == "cpu" || resource == "memory" || resource.hasPrefix("hugepages-")
    }
}
