import Foundation
import HTTPClient
import TestKit
import Testing

@testable import Kubernetes

@Suite(
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(1))
)
struct KubernetesConformanceTests {
    let cluster: TestCluster

    init() throws { cluster = try TestCluster() }

    @Test func tellsItsVersionOverHTTP2() async throws {
        #expect(try await cluster.client().serverVersion().gitVersion.hasPrefix("v"))
        let request = HTTPRequest(
            url: cluster.endpoint.serverURL + "/version",
            trust: .certificateAuthority(pem: cluster.endpoint.certificateAuthorityPEM ?? "")
        )
        #expect(try await cluster.http.execute(request).httpVersion == .http2)
    }

    @Test func listsNodes() async throws {
        try await cluster.withNamespace {
            let name = try await cluster.addNode()
            let node = try #require(try await cluster.client().listNodes().first { $0.metadata.name == name })
            let facts = NodeFacts(node)
            #expect(facts.capacityType == .spot)
            #expect(facts.instanceID == "i-0abc")
            #expect(facts.instanceType == "m5.large")
            #expect(facts.isUnschedulable)
            #expect(facts.allocatable.cpu.milli == 1930)
            #expect(facts.allocatable.memory == Quantity("7220Mi"))
            #expect(!node.metadata.uid.isEmpty)
            #expect(!node.metadata.resourceVersion.isEmpty)
            #expect(node.metadata.createdAt != nil)
        }
    }

    @Test func listsNamespaces() async throws {
        try await cluster.withNamespace {
            let names = try await cluster.client().listNamespaces().map(\.metadata.name)
            #expect(names.contains(cluster.name))
            #expect(names.contains("kube-system"))
        }
    }

    @Test func pagesThroughPods() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            for i in 0..<50 { try await cluster.addPod("pod-\(i)", on: node) }
            var client = cluster.client()
            client.pageLimit = 7
            var pages: [[String]] = []
            var usage = NodeUsage()
            try await client.forEachPodPage(PodSelector(namespace: cluster.name), onRestart: { pages = [] }) {
                page in
                pages.append(page.map(\.metadata.name))
                usage.add(page)
                #expect(page.allSatisfy { DisruptionOptOut.of($0) != nil })
            }
            #expect(pages.map(\.count) == [7, 7, 7, 7, 7, 7, 7, 1])
            #expect(Set(pages.joined()).count == 50)
            #expect(usage[node].podCount == 50)
            #expect(usage[node].resources.cpu == Quantity("12.5"))

            var selected: [String] = []
            // In its own namespace: a cluster's DaemonSets run on any node.
            let onNode = PodSelector(
                namespace: cluster.name,
                fieldSelector: PodSelector.onNode(node).fieldSelector
            )
            try await client.forEachPodPage(onNode, onRestart: { selected = [] }) {
                selected += $0.map(\.metadata.name)
            }
            #expect(selected.count == 50)
            try await client.forEachPodPage(
                PodSelector(namespace: cluster.name, labelSelector: "app in (pod-1,pod-2)"),
                onRestart: {}
            ) { #expect($0.count == 2) }
        }
    }

    @Test func readsMetrics() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("pod", on: node)
            // The kubelet's first report may take a while.
            while true {
                let pods = try await cluster.client().podMetrics().filter { $0.namespace == cluster.name }
                let nodes = try await cluster.client().nodeMetrics().filter { $0.name == node }
                if let pod = pods.first, let container = pod.containers.first, !nodes.isEmpty {
                    #expect(pod.name == "pod")
                    #expect(container.usage.cpu > .zero)
                    #expect(nodes[0].usage.memory > .zero)
                    return
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    @Test func reportsAnExpiredContinueToken() async throws {
        // Resource version 1 is gone from every control plane that is older than five minutes, and by `.ci/run`.
        let token = Data(#"{"v":"meta.k8s.io/v1","rv":1,"start":"a\u0000"}"#.utf8).base64EncodedString()
            .filter { $0 != "=" }
        let error = await kubernetesError {
            _ = try await cluster.client().get("/api/v1/pods", query: [("limit", "1"), ("continue", token)])
        }
        #expect(error?.code == .gone)
        #expect(error?.reason == "Expired")
    }

    @Test func refusesAWrongToken() async throws {
        let client = cluster.client { $0.signIn = .token(KubernetesToken("wrong")) }
        let error = await kubernetesError { _ = try await client.listNodes() }
        #expect(error?.code == .unauthorized)
        #expect(error?.status == 401)
        #expect(error?.isRetryable == false)
    }

    @Test func saysWhatALimitedAccountMayNot() async throws {
        try await cluster.withNamespace {
            let accounts = "/api/v1/namespaces/\(cluster.name)/serviceaccounts"
            try await cluster.call("POST", accounts, #"{"metadata":{"name":"limited"}}"#)
            let body = try await cluster.call(
                "POST",
                accounts + "/limited/token",
                #"{"spec":{"expirationSeconds":3600}}"#
            )
            struct TokenRequest: Decodable {
                struct Status: Decodable { let token: String }
                let status: Status
            }
            let token = KubernetesToken(
                try JSONDecoder().decode(TokenRequest.self, from: Data(body)).status.token
            )
            let claims = try #require(BearerTokenClaims(token))
            #expect(claims.subject == "system:serviceaccount:\(cluster.name):limited")
            #expect(abs(try #require(claims.expiresAt).timeIntervalSinceNow - 3600) < 120)

            let error = await kubernetesError {
                _ = try await cluster.client { $0.signIn = .token(token) }.listNodes()
            }
            #expect(error?.code == .forbidden)
            #expect(error?.status == 403)
            #expect(error?.message.contains(#"cannot list resource "nodes""#) == true)
        }
    }

    @Test func refusesAServerOfAnotherAuthority() async throws {
        let client = cluster.client { $0.certificateAuthorityPEM = try? FakeServer.started().authority }
        let error = await kubernetesError { _ = try await client.serverVersion() }
        #expect(error?.code == .untrustedCertificate)
        let system = cluster.client { $0.certificateAuthorityPEM = nil }
        #expect(await kubernetesError { _ = try await system.serverVersion() }?.code == .untrustedCertificate)
    }

    @Test func reportsAClosedPort() async throws {
        let client = cluster.client { $0.serverURL = "https://127.0.0.1:1" }
        #expect(await kubernetesError { _ = try await client.serverVersion() }?.code == .unreachable)
    }

    @Test func reportsAMissingObject() async throws {
        let error = await kubernetesError {
            _ = try await cluster.client().get("/api/v1/namespaces/none/pods/none")
        }
        #expect(error?.code == .notFound)
        #expect(error?.reason == "NotFound")
    }

    /// Many streams on few HTTP/2 connections, some given up half-way.
    @Test func servesManyCallsAtOnce() async throws {
        let client = cluster.client()
        let counts = await withTaskGroup(of: KubernetesError.Code?.self) { group in
            for i in 0..<300 {
                group.addTask {
                    if i.isMultiple(of: 10) { withUnsafeCurrentTask { $0?.cancel() } }
                    return await kubernetesError { _ = try await client.listNamespaces() }?.code
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(counts == [nil: 270, .cancelled: 30])
    }

    /// The discovery document is large enough to need HTTP/2's flow control when the reader is slow.
    @Test func streamsOverHTTP2() async throws {
        let request = HTTPRequest(
            url: cluster.endpoint.serverURL + "/openapi/v2",
            headers: [
                ("Authorization", "Bearer \(cluster.plane.token)"), ("Accept-Encoding", "identity"),
            ],
            trust: .certificateAuthority(pem: cluster.endpoint.certificateAuthorityPEM ?? "")
        )
        let whole = try await cluster.http.execute(request)
        var streamed: [UInt8] = []
        let response = try await cluster.http.execute(request) { _, chunk in
            // Long enough for the transfer to be paused, and its stream's window to be used up.
            try await Task.sleep(for: .milliseconds(streamed.isEmpty ? 300 : 5))
            streamed += chunk
        }
        #expect(response.httpVersion == .http2)
        #expect(whole.headers["Content-Encoding"] == nil)
        #expect(whole.body.count > 1 << 20)
        #expect(streamed == whole.body)
    }
}
