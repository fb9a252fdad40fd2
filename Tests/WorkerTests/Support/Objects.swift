import FoundationEssentials
import Kubernetes
import Optimizer

@testable import Worker

/// Objects as an API server sends them.
enum Objects {
    static func node(
        _ name: String,
        type: String? = "m5.large",
        capacity: String? = "on-demand",
        isReady: Bool = true,
        isCordoned: Bool = false,
        cpu: String = "1930m",
        memory: String = "7Gi"
    ) throws -> Node {
        var labels: [String] = [#""topology.kubernetes.io/zone":"us-east-1a""#]
        if let type { labels.append(#""node.kubernetes.io/instance-type":"\#(type)""#) }
        if let capacity { labels.append(#""karpenter.sh/capacity-type":"\#(capacity)""#) }
        return try decode(
            """
            {"metadata":{"name":"\(name)","uid":"uid-\(name)","labels":{\(labels.joined(separator: ","))}},
             "spec":{"providerID":"aws:///us-east-1a/i-0abc","unschedulable":\(isCordoned)},
             "status":{"capacity":{"cpu":"2","memory":"8Gi","pods":"29"},
               "allocatable":{"cpu":"\(cpu)","memory":"\(memory)","pods":"29"},
               "conditions":[{"type":"Ready","status":"\(isReady ? "True" : "False")"}]}}
            """
        )
    }

    static func pod(
        on node: String?,
        phase: String = "Running",
        cpu: String = "250m",
        memory: String = "64Mi"
    ) -> Pod {
        Pod(
            metadata: ObjectMetadata(name: "pod", namespace: "default"),
            nodeName: node,
            phase: phase,
            containers: [
                .init(
                    "c",
                    requests: ["cpu": Quantity(cpu) ?? .zero, "memory": Quantity(memory) ?? .zero]
                )
            ]
        )
    }

    static func use(_ node: String, cpu: String, memory: String) throws -> NodeMetrics {
        try decode(#"{"metadata":{"name":"\#(node)"},"usage":{"cpu":"\#(cpu)","memory":"\#(memory)"}}"#)
    }

    static func survey(_ nodes: [Node] = [], region: String = "us-east-1") throws -> ClusterSurvey {
        var survey = ClusterSurvey(region: region, prices: try prices())
        survey.saw(nodes)
        return survey
    }

    static func prices() throws -> PriceTable {
        try PriceTable(
            json: Array(
                """
                {"source":"test","as_of":"2026-01-01","currency":"USD","entries":[
                 {"regions":["us-east-1"],"capacity_type":"on-demand","usd_per_hour":{"m5.large":"0.096"}},
                 {"zones":["us-east-1a"],"capacity_type":"spot","usd_per_hour":{"m5.large":"0.0351"}}]}
                """.utf8
            )
        )
    }

    private static func decode<Value: Decodable>(_ json: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(json.utf8))
    }
}
