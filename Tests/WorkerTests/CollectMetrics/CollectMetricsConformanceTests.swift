import FoundationEssentials
import Glibc
import HTTPClient
import Jobs
import Kubernetes
import Store
import TestKit
import Testing

@testable import Worker

/// The handler against a real API server, with a service account that may only list.
@Suite(
    "CollectMetrics conformance",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct CollectMetricsConformanceTests {
    @Test func saysWhatTheServerSays() async throws {
        try await with { cluster, fleet, store, handler, node, token in
            let id = try await Collecting.register(
                in: store,
                fleet,
                endpoint: cluster.endpoint,
                authority: cluster.authority,
                token: token
            )
            // Others work on this cluster too: compare when nothing of our node changed meanwhile.
            try await eventually(within: .seconds(60), "an undisturbed look") {
                let before = try await requests(on: node, cluster)
                let report = try await handler.run(.test("collect-metrics", cluster: id))
                guard try await requests(on: node, cluster) == before else { return false }
                try check(report, node, before)
                return true
            }
            let record = try #require(try await store.find(id))
            #expect(record.status == .active)
            #expect(record.lastCollectedAt != nil)
        }
    }

    @Test func everyFailureHasItsCode() async throws {
        try await with { cluster, fleet, store, handler, _, token in
            let silent = try SilentServer()
            defer { silent.close() }
            let sandbox = try await SandboxServer()
            let accounts = "/api/v1/namespaces/\(cluster.name)/serviceaccounts"
            try await cluster.call("POST", accounts, #"{"metadata":{"name":"nobody"}}"#)
            let made = try await cluster.call("POST", accounts + "/nobody/token", #"{"spec":{}}"#)
            let nobody = made.members?["status"]?.members?["token"]
            guard case .string(let unbound)? = nobody else {
                Issue.record("no token")
                return
            }
            for (endpoint, authority, token, code) in [
                (cluster.endpoint, sandbox.authority, token, "cluster_untrusted_certificate"),
                (cluster.endpoint, cluster.authority, "wrong", "credential_expired"),
                (cluster.endpoint, cluster.authority, unbound, "cluster_forbidden"),
                ("https://127.0.0.1:1", cluster.authority, token, "cluster_unreachable"),
                ("https://127.0.0.1:\(silent.port)", cluster.authority, token, "cluster_timed_out"),
            ] {
                let id = try await Collecting.register(
                    in: store,
                    fleet,
                    endpoint: endpoint,
                    authority: authority,
                    token: token
                )
                let failure = await #expect(throws: JobFailure.self) {
                    try await handler.run(.test("collect-metrics", cluster: id))
                }
                #expect(failure?.code == code)
                #expect(failure?.message.contains(token) == false)
            }
        }
    }

    private func with(
        _ body: (RealCluster, TestFleet, ClusterStore, CollectMetricsHandler, String, String) async throws ->
            Void
    ) async throws {
        try await TestFleet.with { fleet in
            let http = HTTPClient(logger: fleet.logger)
            let (store, handler) = try Collecting.make(fleet, http, ["K8S_API_TIMEOUT_SECONDS": "5"])
            let cluster = try RealCluster(http: http)
            do {
                try await cluster.withObjects { node, token in
                    try await body(cluster, fleet, store, handler, node, token)
                }
            } catch {
                await http.shutdown()
                throw error
            }
            await http.shutdown()
        }
    }

    /// What the server's own list says that pods on a node request, in thousandths of a core.
    private func requests(on node: String, _ cluster: RealCluster) async throws -> [String: Int64] {
        let list = try await cluster.call("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3D\(node)")
        guard case .array(let pods)? = list.members?["items"] else { return [:] }
        var requests: [String: Int64] = [:]
        for pod in pods {
            let phase = pod.members?["status"]?.members?["phase"]
            guard phase != .string("Succeeded"), phase != .string("Failed"),
                case .string(let uid)? = pod.members?["metadata"]?.members?["uid"],
                case .array(let containers)? = pod.members?["spec"]?.members?["containers"]
            else { continue }
            requests[uid] = containers.reduce(0) { sum, container in
                let list = container.members?["resources"]?.members?["requests"]
                guard case .string(let cpu)? = list?.members?["cpu"] else { return sum }
                return sum + Int64(Quantity(cpu)?.milli ?? 0)
            }
        }
        return requests
    }

    private func check(_ report: JobReport, _ node: String, _ requests: [String: Int64]) throws {
        guard case .array(let nodes)? = report.metadata.members?["metrics"]?.members?["nodes"] else {
            Issue.record("no nodes")
            return
        }
        let seen = try #require(nodes.first { $0.members?["node_name"] == .string(node) }?.members)
        let requested = Double(requests.values.reduce(0, +)) / 1000
        #expect(requests.count >= 2)
        #expect(seen["pod_count"] == .integer(Int64(requests.count)))
        #expect(try number(seen["cpu_allocated"]) == requested)
        #expect(try number(seen["cpu_allocatable"]) == 1.93)
        #expect(seen["instance_id"] == .string("i-0abc"))
        #expect(seen["node_type"] == .string("on-demand"))
        #expect(seen["schedulable"] == .bool(false))
        #expect(try number(seen["price_per_hour"]) == 0.096)
    }

    private func number(_ value: JSONValue?) throws -> Double {
        switch value {
        case .integer(let value)?: return Double(value)
        case .number(let value)?: return value
        default: throw ProcessFailure(description: "no number")
        }
    }
}

/// Takes connections, and never says a word.
private struct SilentServer {
    let port: Int
    private let descriptor: CInt

    init() throws {
        let port = try FreePort.find()
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // The kernel completes connections that nobody accepts.
        guard code == 0, listen(descriptor, 16) == 0 else { throw ProcessFailure(description: "no port") }
        self.port = port
        self.descriptor = descriptor
    }

    func close() { _ = Glibc.close(descriptor) }
}
