import Foundation
import Kubernetes
import TestKit
import Testing

/// What the client changes, on a real API server.
@Suite(
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(1))
)
struct KubernetesChangeTests {
    let cluster: TestCluster

    init() throws { cluster = try TestCluster() }

    private func wait(until condition: () async throws -> Bool) async throws {
        while !(try await condition()) { try await Task.sleep(for: .milliseconds(100)) }
    }

    @Test func patchesANodeAsItWasRead() async throws {
        try await cluster.withNamespace {
            let client = cluster.client()
            let name = try await cluster.addNode()
            let taint = Node.Taint(key: "example.com/x", value: "y", effect: "NoSchedule")
            var patch = NodePatch(
                resourceVersion: "",
                unschedulable: false,
                taints: [taint],
                labels: ["karpenter.sh/capacity-type": nil, "a": "b"],
                annotations: ["karpenter.sh/do-not-disrupt": "true"]
            )
            var patched: Node?
            // Controllers write to a new node, too.
            try await wait {
                patch.resourceVersion = try await client.node(name).metadata.resourceVersion
                let error = await kubernetesError { patched = try await client.patchNode(name, patch) }
                return error == nil
            }
            let changed = try #require(patched)
            #expect(changed.spec.unschedulable != true)
            #expect(changed.spec.taints?.contains(taint) == true)
            #expect(changed.metadata.labels["a"] == "b")
            #expect(changed.metadata.labels["karpenter.sh/capacity-type"] == nil)
            #expect(changed.metadata.labels["conformance"] == cluster.name)
            #expect(changed.metadata.annotations["karpenter.sh/do-not-disrupt"] == "true")
            let error = await kubernetesError { _ = try await client.patchNode(name, patch) }
            #expect(error?.code == .conflict)
            #expect(await kubernetesError { _ = try await client.node("none-\(name)") }?.code == .notFound)
        }
    }

    @Test func findsNodesOfInstances() async throws {
        try await cluster.withNamespace {
            let name = try await cluster.addNode()
            // Tests that run at the same time have nodes of the same instance.
            let found = try await cluster.client().nodes(instanceIDs: ["i-0abc", "i-0fff"])
            #expect(found.keys.sorted() == ["i-0abc"])
            #expect(found["i-0abc"]?.spec.providerID == "aws:///us-east-1a/i-0abc")
            #expect(try await cluster.client().nodes(instanceIDs: []).isEmpty)
            #expect(try await cluster.client().listNodes().contains { $0.metadata.name == name })
        }
    }

    @Test func evictsAndDeletesByIdentity() async throws {
        try await cluster.withNamespace {
            let client = cluster.client()
            let node = try await cluster.addNode()
            for pod in ["one", "two"] { try await cluster.addPod(pod, on: node) }
            for consistency in [ReadConsistency.quorum, .cached] {
                try await wait {
                    let pods = try await client.pods(onNode: node, consistency: consistency)
                    return pods.filter { $0.metadata.namespace == cluster.name }.count == 2
                }
            }
            let one = PodReference(try await client.pod(namespace: cluster.name, name: "one"))
            let two = PodReference(try await client.pod(namespace: cluster.name, name: "two"))
            let another = PodReference(namespace: one.namespace, name: one.name, uid: two.uid)
            let answers = await [
                kubernetesError { try await client.deletePod(another, gracePeriodSeconds: 1) },
                kubernetesError {
                    try await client.evict(another, version: version(), gracePeriodSeconds: 1)
                },
            ]
            #expect(answers.map { $0?.code } == [.conflict, .conflict])
            #expect(try await client.pod(namespace: one.namespace, name: "one").metadata.deletedAt == nil)

            try await client.evict(one, version: try await version(), gracePeriodSeconds: 60)
            // A second request is as good as one.
            try await client.evict(one, version: try await version(), gracePeriodSeconds: 60)
            try await client.deletePod(two, gracePeriodSeconds: 2)
            for pod in [one, two] {
                try await wait {
                    await kubernetesError {
                        _ = try await client.pod(namespace: pod.namespace, name: pod.name)
                    }?.code == .notFound
                }
            }
            let gone = await kubernetesError { try await client.deletePod(two, gracePeriodSeconds: 2) }
            #expect(gone?.code == .notFound)
            #expect(gone?.details?.name == "two")
        }
    }

    /// The version of evictions that this server knows.
    private func version() async throws -> PolicyVersion {
        let pod = PodReference(namespace: cluster.name, name: "none", uid: "none")
        let error = await kubernetesError {
            try await cluster.client().evict(pod, version: .v1, gracePeriodSeconds: 1)
        }
        if case .unknownVersion? = error.map({ EvictionAnswer($0) }) { return .v1beta1 }
        return .v1
    }

    @Test func readsBudgets() async throws {
        try await cluster.withNamespace {
            let client = cluster.client()
            let group = try await version().rawValue
            let path = "/apis/\(group)/namespaces/\(cluster.name)/poddisruptionbudgets"
            try await cluster.call(
                "POST",
                path,
                #"""
                {"metadata":{"name":"web"},"spec":{"minAvailable":2,"selector":{"matchLabels":{"app":"web"},
                  "matchExpressions":[{"key":"tier","operator":"NotIn","values":["back"]}]}}}
                """#
            )
            try await wait {
                try await client.podDisruptionBudgets(namespace: cluster.name).first?.status
                    .observedGeneration == 1
            }
            let budgets = try await client.podDisruptionBudgets()
                .filter { $0.metadata.namespace == cluster.name }
            #expect(budgets.count == 1)
            let selector = budgets.first?.spec.selector
            #expect(selector?.matchLabels == ["app": "web"])
            #expect(selector?.matchExpressions == [.init(key: "tier", operator: "NotIn", values: ["back"])])
            #expect(budgets.first?.status.disruptionsAllowed == 0)
            #expect(budgets.first?.emptySelectsAll == (group == "policy/v1"))
        }
    }

    @Test(arguments: WorkloadReference.Kind.allCases)
    func scales(kind: WorkloadReference.Kind) async throws {
        try await cluster.withNamespace {
            let client = cluster.client()
            try await cluster.call(
                "POST",
                "/apis/apps/v1/namespaces/\(cluster.name)/\(kind.rawValue)",
                #"""
                {"metadata":{"name":"web"},"spec":{"replicas":0,"serviceName":"web",
                  "selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
                    "spec":{"nodeSelector":{"none":"none"},"containers":[{"name":"c","image":"i"}]}}}}
                """#
            )
            let workload = WorkloadReference(kind, namespace: cluster.name, name: "web")
            let before = try await client.scale(of: workload)
            #expect(before.wantedReplicas == 0)
            // Its controller writes to it, too.
            try await wait {
                let scale = try await client.scale(of: workload)
                let error = await kubernetesError {
                    let changed = try await client.setScale(
                        of: workload,
                        replicas: 3,
                        resourceVersion: scale.resourceVersion
                    )
                    #expect(changed.wantedReplicas == 3)
                }
                return error == nil
            }
            #expect(try await client.scale(of: workload).wantedReplicas == 3)
            let stale = await kubernetesError {
                _ = try await client.setScale(
                    of: workload,
                    replicas: 5,
                    resourceVersion: before.resourceVersion
                )
            }
            #expect(stale?.code == .conflict)
            let missing = WorkloadReference(kind, namespace: cluster.name, name: "none")
            #expect(await kubernetesError { _ = try await client.scale(of: missing) }?.code == .notFound)
        }
    }

    @Test func knowsWhetherADaemonSetExists() async throws {
        try await cluster.withNamespace {
            try await cluster.call(
                "POST",
                "/apis/apps/v1/namespaces/\(cluster.name)/daemonsets",
                #"""
                {"metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"a"}},
                  "template":{"metadata":{"labels":{"app":"a"}},
                    "spec":{"nodeSelector":{"none":"none"},"containers":[{"name":"c","image":"i"}]}}}}
                """#
            )
            let client = cluster.client()
            #expect(try await client.daemonSetExists(namespace: cluster.name, name: "agent"))
            #expect(try await client.daemonSetExists(namespace: cluster.name, name: "none") == false)
        }
    }

    @Test func asksWhatIsAllowed() async throws {
        try await cluster.withNamespace {
            let accounts = "/api/v1/namespaces/\(cluster.name)/serviceaccounts"
            try await cluster.call("POST", accounts, #"{"metadata":{"name":"limited"}}"#)
            let body = try await cluster.call("POST", accounts + "/limited/token", #"{"spec":{}}"#)
            struct TokenRequest: Decodable {
                struct Status: Decodable { let token: String }
                let status: Status
            }
            let token = try JSONDecoder().decode(TokenRequest.self, from: Data(body)).status.token
            let limited = cluster.client { $0.signIn = .token(KubernetesToken(token)) }
            for question in [
                AccessQuestion("patch", "nodes"), AccessQuestion("create", "pods", subresource: "eviction"),
                AccessQuestion("list", "poddisruptionbudgets", group: "policy"),
            ] {
                #expect(try await cluster.client().isAllowed(question))
                #expect(try await limited.isAllowed(question) == false)
            }
        }
    }
}
