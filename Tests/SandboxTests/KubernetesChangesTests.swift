import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Sandbox

/// Changes of a cluster over HTTP, as the fleet's drains make them.
@Suite("Kubernetes changes", .timeLimit(.minutes(1))) struct KubernetesChangesTests {
    private let account: CustomerAccount
    private let time = TestTime()
    private var cluster: SimulatedCluster { account.fleet.clusters[0] }

    init() throws {
        account = try .test(nodes: 6)
    }

    private struct Caller: Sendable {
        let client: any TestClientProtocol
        let token: String

        func callAsFunction(
            _ method: HTTPRequest.Method,
            _ path: String,
            _ body: String? = nil,
            type: String = "application/json",
            expecting status: Int = 200
        ) async throws -> JSON {
            try await client.execute(
                uri: "/clusters/1\(path)",
                method: method,
                headers: [.authorization: "Bearer \(token)", .contentType: type],
                body: body.map { ByteBuffer(string: $0) }
            ) { response in
                #expect(response.status.code == status, "\(method) \(path)")
                return try JSONDecoder().decode(JSON.self, from: Data(response.body.readableBytesView))
            }
        }
    }

    private func with(_ body: @escaping @Sendable (Caller) async throws -> Void) async throws {
        let time = time
        let server = SandboxServer(account: account, now: { time.now })
        let token = cluster.token
        try await Application(router: server.router).test(.router) { client in
            try await body(Caller(client: client, token: token))
        }
    }

    @Test func patchesNodes() async throws {
        let name = cluster.model.nodes[1].name
        try await with { call in
            let node = try await call(.get, "/api/v1/nodes/\(name)")
            let version = node["metadata"]?["resourceVersion"]?.string ?? ""
            let patch = """
                {"metadata":{"resourceVersion":"\(version)","annotations":{"cloudoptim.io/cordoned-by":"a"}},
                "spec":{"unschedulable":true,"taints":[{"key":"t","value":"v","effect":"NoSchedule"}]}}
                """
            let merge = "application/merge-patch+json"
            let patched = try await call(.patch, "/api/v1/nodes/\(name)", patch, type: merge)
            #expect(patched["spec"]?["unschedulable"]?.boolean == true)
            #expect(patched["spec"]?["taints"]?.array?.first?["value"]?.string == "v")
            #expect(patched["spec"]?["providerID"]?.string?.hasPrefix("aws:///") == true)
            let again = try await call(
                .patch,
                "/api/v1/nodes/\(name)",
                patch,
                type: merge,
                expecting: 409
            )
            #expect(again["reason"]?.string == "Conflict" && again["details"]?["name"]?.string == name)
            _ = try await call(.patch, "/api/v1/nodes/\(name)", patch, expecting: 415)
            let none = try await call(.patch, "/api/v1/nodes/none", "{}", type: merge, expecting: 404)
            #expect(none["details"]?["kind"]?.string == "nodes")
        }
    }

    @Test func evictsAndDeletesPods() async throws {
        let pods = cluster.at(time.now) { state in state.movable(on: cluster.model.nodes[0].name) }
        let (first, second) = (pods[0], pods[1])
        let time = time
        try await with { call in
            func path(_ pod: PodModel) -> String { "/api/v1/namespaces/\(pod.namespace)/pods/\(pod.name)" }
            func eviction(_ uid: String, _ version: String = "policy/v1") -> String {
                """
                {"apiVersion":"\(version)","kind":"Eviction","metadata":{"name":"x","namespace":"y"},
                "deleteOptions":{"preconditions":{"uid":"\(uid)"},"gracePeriodSeconds":20}}
                """
            }
            let other = try await call(.post, path(first) + "/eviction", eviction("other"), expecting: 409)
            #expect(other["reason"]?.string == "Conflict")
            let old = eviction(first.uid, "policy/v1beta1")
            _ = try await call(.post, path(first) + "/eviction", old, expecting: 400)
            let done = try await call(.post, path(first) + "/eviction", eviction(first.uid), expecting: 201)
            #expect(done["status"]?.string == "Success")
            let stopping = try await call(.get, path(first))
            #expect(stopping["metadata"]?["deletionGracePeriodSeconds"]?.number == 20)
            #expect(stopping["metadata"]?["deletionTimestamp"] != nil)
            let options = #"{"gracePeriodSeconds":3,"preconditions":{"uid":"\#(second.uid)"}}"#
            let deleted = try await call(.delete, path(second), options)
            #expect(deleted["metadata"]?["deletionGracePeriodSeconds"]?.number == 3)
            time.pass(10)
            let selector = "?fieldSelector=spec.nodeName%3D\(first.nodeName ?? "")"
            let left = try await call(.get, "/api/v1/pods" + selector)["items"]?.array ?? []
            let uids = left.compactMap { $0["metadata"]?["uid"]?.string }
            #expect(!uids.contains(first.uid) && !uids.contains(second.uid))
        }
    }

    @Test func showsBudgetsAutoscalersAndWorkloads() async throws {
        let workloads = cluster.model.workloads
        try await with { call in
            let budgets = try await call(.get, "/apis/policy/v1/poddisruptionbudgets")["items"]?.array ?? []
            #expect(budgets.count == workloads.count { $0.maxUnavailable != nil })
            #expect(budgets.allSatisfy { $0["status"]?["disruptionsAllowed"]?.number == 1 })
            let namespace = workloads.first { $0.maxUnavailable != nil }?.namespace ?? ""
            let own = "/apis/policy/v1/namespaces/\(namespace)/poddisruptionbudgets"
            #expect(try await call(.get, own)["items"]?.array?.isEmpty == false)
            for workload in workloads where workload.hasAutoscaler {
                let path = "/apis/autoscaling/v1/namespaces/\(workload.namespace)/horizontalpodautoscalers"
                let found = try await call(.get, path)["items"]?.array ?? []
                let names = found.compactMap { $0["spec"]?["scaleTargetRef"]?["name"]?.string }
                #expect(names.contains(workload.application))
            }
            let daemon = try await call(.get, "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node")
            #expect(daemon["status"]?["numberReady"]?.number == 6)
            let missing = "/apis/apps/v1/namespaces/kube-system/daemonsets/none"
            let status = try await call(.get, missing, expecting: 404)
            #expect(status["details"]?["name"]?.string == "none")
            let sets = try await call(.get, "/apis/apps/v1/replicasets")["items"]?.array ?? []
            #expect(sets.allSatisfy { $0["metadata"]?["ownerReferences"]?.array?.count == 1 })
            let disks = try await call(.get, "/apis/storage.k8s.io/v1/volumeattachments")
            #expect(disks["items"]?.array?.isEmpty == true)
        }
    }

    @Test func scalesDeployments() async throws {
        let workload = try #require(cluster.model.workloads.first { $0.owner.kind == "ReplicaSet" })
        let path = "/apis/apps/v1/namespaces/\(workload.namespace)/deployments/\(workload.application)/scale"
        try await with { call in
            let scale = try await call(.get, path)
            #expect(scale["spec"]?["replicas"]?.number == workload.replicas)
            let version = scale["metadata"]?["resourceVersion"]?.string ?? ""
            let body = #"{"metadata":{"resourceVersion":"\#(version)"},"spec":{"replicas":7}}"#
            #expect(try await call(.put, path, body)["spec"]?["replicas"]?.number == 7)
            #expect(try await call(.put, path, body, expecting: 409)["code"]?.number == 409)
        }
    }
}
