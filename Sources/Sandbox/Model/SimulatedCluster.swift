import Synchronization

/// A cluster as it is served: its state, the fault it is to show, and what was measured last.
final class SimulatedCluster: Sendable {
    /// What goes wrong on purpose.
    enum Fault: String, Codable, Sendable {
        case none
        case unauthorized
        case hang
        case error500
        case metricsUnavailable = "metrics_unavailable"
    }

    private struct Metrics {
        var nodes: (time: Int, body: [UInt8])?
        var pods: (time: Int, body: [UInt8])?
    }

    /// What it began as.
    let model: ClusterModel
    let token: String
    private let currentFault = Mutex(Fault.none)
    private let state: Mutex<ClusterState>
    private let metrics = Mutex(Metrics())

    init(model: ClusterModel, token: String, life: UInt64, pace: Pace) {
        self.model = model
        self.token = token
        state = Mutex(ClusterState(model, life: life, pace: pace))
    }

    var fault: Fault {
        get { currentFault.withLock { $0 } }
        set { currentFault.withLock { $0 = newValue } }
    }

    /// Works on the state, after what was due has happened.
    func at<Value: Sendable, Failure: Error>(
        _ now: Double,
        _ body: (inout ClusterState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try state.withLock { state throws(Failure) in
            state.advance(to: now)
            return try body(&state)
        }
    }

    /// Usage of nodes, measured every 15 seconds as a metrics server does.
    func nodeMetrics(at time: Double) -> [UInt8] {
        let sample = MetricsSample(time: time)
        if let known = metrics.withLock({ $0.nodes }), known.time == sample.time { return known.body }
        let (nodes, pods) = contents(at: time)
        let body = sample.nodes(nodes, with: pods).bytes
        metrics.withLock { $0.nodes = (sample.time, body) }
        return body
    }

    /// Usage of pods, measured every 15 seconds.
    func podMetrics(at time: Double) -> [UInt8] {
        let sample = MetricsSample(time: time)
        if let known = metrics.withLock({ $0.pods }), known.time == sample.time { return known.body }
        let body = sample.pods(contents(at: time).pods).bytes
        metrics.withLock { $0.pods = (sample.time, body) }
        return body
    }

    private func contents(at time: Double) -> (nodes: [NodeModel], pods: [PodModel]) {
        at(time) { state in
            (
                state.nodes.values.sorted { $0.name < $1.name },
                state.pods.values.sorted { $0.key < $1.key }
            )
        }
    }
}
