/// Encoded objects, each encoded when it is first asked for after a change: clusters are polled many times a minute.
struct ItemCache: Sendable {
    private var pods: [String: ListItem] = [:]
    private var allPods: [ListItem]?
    private var allNodes: [ListItem]?

    mutating func podChanged(_ key: String) {
        pods[key] = nil
        allPods = nil
    }

    mutating func nodesChanged() { allNodes = nil }

    mutating func pod(_ pod: PodModel) -> ListItem {
        if let known = pods[pod.key] { return known }
        let item = ListItem(
            key: pod.key,
            fields: [
                "metadata.name": pod.name, "metadata.namespace": pod.namespace,
                "spec.nodeName": pod.nodeName ?? "", "status.phase": pod.phase.rawValue,
            ],
            labels: ["app": pod.application],
            bytes: pod.json(resourceVersion: pod.version).bytes
        )
        pods[pod.key] = item
        return item
    }

    /// All pods in the order of lists.
    mutating func list(_ all: [String: PodModel]) -> [ListItem] {
        if let allPods { return allPods }
        let items = all.values.sorted { $0.key < $1.key }.map { pod($0) }
        allPods = items
        return items
    }

    /// All nodes in the order of lists.
    mutating func list(_ all: [String: NodeModel]) -> [ListItem] {
        if let allNodes { return allNodes }
        let items = all.values.sorted { $0.name < $1.name }.map { node in
            ListItem(
                key: node.name,
                fields: ["metadata.name": node.name],
                labels: node.labels,
                bytes: node.json(resourceVersion: node.version).bytes
            )
        }
        allNodes = items
        return items
    }
}
