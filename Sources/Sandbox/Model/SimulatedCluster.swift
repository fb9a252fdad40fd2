import Synchronization

/// A cluster as it is served: the model, its encoded objects, and the fault it is to show.
///
/// Objects are encoded once, on first use: 200 clusters are polled many times a minute, and only usage moves.
final class SimulatedCluster: Sendable {
    /// What goes wrong on purpose.
    enum Fault: String, Codable, Sendable {
        case none
        case unauthorized
        case hang
        case error500
        case metricsUnavailable = "metrics_unavailable"
    }

    /// An encoded object with what it can be selected by.
    struct Item: Sendable {
        let fields: [String: String]
        let bytes: [UInt8]
    }

    private struct State {
        var fault = Fault.none
        var nodes: [Item]?
        var pods: [Item]?
        var nodeMetrics: (time: Int, body: [UInt8])?
        var podMetrics: (time: Int, body: [UInt8])?
    }

    let model: ClusterModel
    let token: String
    /// The version of everything in it, for nothing is written yet.
    let resourceVersion: Int
    private let state = Mutex(State())

    init(model: ClusterModel, token: String) {
        self.model = model
        self.token = token
        resourceVersion = 100_000 + model.number
    }

    var fault: Fault {
        get { state.withLock { $0.fault } }
        set { state.withLock { $0.fault = newValue } }
    }

    var nodes: [Item] {
        state.withLock { state in
            let items =
                state.nodes
                ?? model.nodes.map { node in
                    Item(
                        fields: ["metadata.name": node.name],
                        bytes: node.json(resourceVersion: resourceVersion).bytes
                    )
                }
            state.nodes = items
            return items
        }
    }

    var pods: [Item] {
        state.withLock { state in
            let items =
                state.pods
                ?? model.pods.map { pod in
                    Item(
                        fields: [
                            "metadata.name": pod.name, "metadata.namespace": pod.namespace,
                            "spec.nodeName": pod.nodeName ?? "", "status.phase": pod.phase.rawValue,
                        ],
                        bytes: pod.json(resourceVersion: resourceVersion).bytes
                    )
                }
            state.pods = items
            return items
        }
    }

    var namespaces: [Item] {
        model.namespaces.map { name in
            let json: JSON = [
                "metadata": ["name": .string(name), "resourceVersion": "\(resourceVersion)"],
                "status": ["phase": "Active"],
            ]
            return Item(fields: ["metadata.name": name], bytes: json.bytes)
        }
    }

    /// Usage of nodes, measured every 15 seconds as a metrics server does.
    func nodeMetrics(at time: Double) -> [UInt8] {
        state.withLock { state in
            let sample = MetricsSample(time: time)
            if let cached = state.nodeMetrics, cached.time == sample.time { return cached.body }
            let body = sample.nodes(of: model).bytes
            state.nodeMetrics = (sample.time, body)
            return body
        }
    }

    /// Usage of pods, measured every 15 seconds.
    func podMetrics(at time: Double) -> [UInt8] {
        state.withLock { state in
            let sample = MetricsSample(time: time)
            if let cached = state.podMetrics, cached.time == sample.time { return cached.body }
            let body = sample.pods(of: model).bytes
            state.podMetrics = (sample.time, body)
            return body
        }
    }
}
