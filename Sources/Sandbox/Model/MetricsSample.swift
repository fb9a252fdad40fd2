import FoundationEssentials

/// What a metrics server measured at one moment.
struct MetricsSample: Sendable {
    /// Seconds since 1970, a multiple of 15.
    let time: Int

    init(time: Double) {
        self.time = Int(time) / 15 * 15
    }

    private var timestamp: JSON { .string(Timestamp.text(Date(timeIntervalSince1970: Double(time)))) }

    func nodes(_ nodes: [NodeModel], with all: [PodModel]) -> JSON {
        var usage: [String: (nanocores: Int, kibibytes: Int)] = [:]
        for pod in all where pod.phase == .running {
            let own = measured(pod)
            let sum = usage[pod.nodeName ?? "", default: (0, 0)]
            usage[pod.nodeName ?? ""] = (sum.nanocores + own.nanocores, sum.kibibytes + own.kibibytes)
        }
        let items = nodes.map { node -> JSON in
            let used = usage[node.name, default: (0, 0)]
            return [
                "metadata": ["name": .string(node.name), "labels": .strings(node.labels)],
                "timestamp": timestamp,
                "window": "20.04s",
                // The system's own share on top.
                "usage": quantities(used.nanocores + 60_000_000, used.kibibytes + 350_000),
            ]
        }
        return list("NodeMetricsList", items)
    }

    func pods(_ pods: [PodModel]) -> JSON {
        let items = pods.filter { $0.phase == .running }.map { pod -> JSON in
            let usage = measured(pod)
            return [
                "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace)],
                "timestamp": timestamp,
                "window": "15.01s",
                "containers": [
                    ["name": .string(pod.application), "usage": quantities(usage.nanocores, usage.kibibytes)]
                ],
            ]
        }
        return list("PodMetricsList", items)
    }

    private func measured(_ pod: PodModel) -> (nanocores: Int, kibibytes: Int) {
        let time = Double(time)
        return (
            Int(Double(pod.millicores) * 1_000_000 * pod.load.cpu(at: time)),
            Int(Double(pod.mebibytes) * 1024 * pod.load.memory(at: time))
        )
    }

    private func quantities(_ nanocores: Int, _ kibibytes: Int) -> JSON {
        ["cpu": "\(nanocores)n", "memory": "\(kibibytes)Ki"]
    }

    private func list(_ kind: String, _ items: [JSON]) -> JSON {
        [
            "kind": .string(kind), "apiVersion": "metrics.k8s.io/v1beta1", "metadata": .object([]),
            "items": .array(items),
        ]
    }
}
