/// What the pods bound to each node request, summed up page by page.
public struct NodeUsage: Sendable {
    /// The sums of one node.
    public struct Requested: Sendable {
        /// Requested amounts by resource.
        public fileprivate(set) var resources: ResourceList = [:]
        /// Pods that count toward the node's limit of pods.
        public fileprivate(set) var podCount = 0
    }

    /// The sums by the node's name; a node without pods is absent.
    public private(set) var nodes: [String: Requested] = [:]

    /// Makes sums of nothing.
    public init() {}

    /// The sums of one node; zero for a node without pods.
    public subscript(node: String) -> Requested { nodes[node] ?? Requested() }

    /// Counts a pod, if it is bound to a node and has not ended.
    public mutating func add(_ pod: Pod) {
        guard let node = pod.spec.nodeName, !node.isEmpty, pod.status.phase != "Succeeded",
            pod.status.phase != "Failed"
        else { return }
        nodes[node, default: Requested()].resources.add(EffectiveRequests.of(pod))
        nodes[node, default: Requested()].podCount += 1
    }

    /// Counts each pod of a page.
    public mutating func add(_ pods: [Pod]) {
        for pod in pods { add(pod) }
    }
}
