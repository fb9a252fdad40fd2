import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Sandbox

@Suite("Kubernetes routes") struct KubernetesRoutesTests {
    private struct Answer: Decodable {
        struct Metadata: Decodable {
            var `continue`: String?
        }

        struct Item: Decodable {
            struct Metadata: Decodable {
                var name: String
            }

            var metadata: Metadata
        }

        var kind: String
        var code: Int?
        var reason: String?
        var metadata: Metadata?
        var items: [Item]?
    }

    private let account: CustomerAccount
    private var fleet: Fleet { account.fleet }

    init() throws {
        account = try .test(clusters: 2, nodes: 7, podsPerNode: 5)
    }

    private func test(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws
    {
        let application = Application(router: SandboxServer(account: account).router)
        try await application.test(.router) { client in try await body(client) }
    }

    private func get(
        _ path: String,
        cluster: Int = 1,
        token: String? = nil,
        _ client: any TestClientProtocol
    ) async throws -> Answer {
        let token = token ?? fleet.clusters[cluster - 1].token
        return try await client.execute(
            uri: "/clusters/\(cluster)\(path)",
            method: .get,
            headers: [.authorization: "Bearer \(token)"]
        ) { response in
            var body = response.body
            let bytes = body.readBytes(length: body.readableBytes) ?? []
            let answer = try JSONDecoder().decode(Answer.self, from: Data(bytes))
            #expect(response.status.code == answer.code ?? 200)
            return answer
        }
    }

    @Test(.timeLimit(.minutes(1))) func listsPageByPage() async throws {
        try await test { client in
            var names: [String] = []
            var query = "?limit=3"
            while true {
                let list = try await get("/api/v1/nodes" + query, client)
                names += list.items?.map(\.metadata.name) ?? []
                guard let token = list.metadata?.continue else { break }
                query = "?limit=3&continue=\(token.replacing("=", with: "%3D"))"
            }
            #expect(names == fleet.clusters[0].model.nodes.map(\.name).sorted())
        }
    }

    @Test(.timeLimit(.minutes(1))) func selectsPods() async throws {
        try await test { client in
            let node = fleet.clusters[0].model.nodes[2].name
            let pods = try await get(
                "/api/v1/pods?fieldSelector=spec.nodeName%3D\(node),status.phase%3DRunning",
                client
            )
            #expect(pods.kind == "PodList" && pods.items?.count == 5)
            let system = try await get("/api/v1/namespaces/kube-system/pods", client)
            #expect(system.items?.count == 14)
            #expect(try await get("/api/v1/pods?fieldSelector=spec.color%3Dred", client).code == 400)
        }
    }

    @Test(.timeLimit(.minutes(1))) func answersTheRest() async throws {
        try await test { client in
            let name = fleet.clusters[0].model.nodes[0].name
            #expect(try await get("/api/v1/nodes/\(name)", client).kind == "Node")
            #expect(try await get("/api/v1/namespaces", client).items?.count == 9)
            #expect(try await get("/apis/metrics.k8s.io/v1beta1/nodes", client).items?.count == 7)
            #expect(try await get("/apis/metrics.k8s.io/v1beta1/pods", client).items?.count == 35)
            try await client.execute(uri: "/clusters/1/version", method: .get) { response in
                #expect(response.status == .ok)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func answersErrorsAsStatus() async throws {
        try await test { client in
            let wrong = try await get("/api/v1/nodes", token: "x", client)
            #expect(wrong.kind == "Status" && wrong.code == 401 && wrong.reason == "Unauthorized")
            #expect(try await get("/api/v1/nodes", token: fleet.clusters[1].token, client).code == 401)
            #expect(try await get("/version", token: "x", client).code == 401)
            #expect(try await get("/api/v1/secrets", client).code == 403)
            #expect(try await get("/api/v1/nodes/none", client).code == 404)
            #expect(try await get("/apis/none/v1/things", client).reason == "NotFound")
            try await client.execute(uri: "/clusters/3/version", method: .get) {
                #expect($0.status == .notFound)
            }
            try await client.execute(uri: "/clusters/x/version", method: .get) {
                #expect($0.status == .notFound)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func showsFaultsOnDemand() async throws {
        try await test { client async throws in
            func fault(_ kind: String) async throws -> Int {
                try await client.execute(
                    uri: "/sandbox/clusters/1/fault",
                    method: .post,
                    headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: "{\"kind\":\"\(kind)\"}")
                ) { $0.status.code }
            }
            #expect(try await fault("unauthorized") == 200)
            #expect(try await get("/api/v1/nodes", client).code == 401)
            #expect(try await get("/api/v1/nodes", cluster: 2, client).code == nil)
            #expect(try await fault("error500") == 200)
            #expect(try await get("/version", client).code == 500)
            #expect(try await fault("metrics_unavailable") == 200)
            #expect(try await get("/apis/metrics.k8s.io/v1beta1/nodes", client).code == 503)
            #expect(try await get("/api/v1/nodes", client).code == nil)
            #expect(try await fault("nonsense") == 400)
            #expect(try await fault("none") == 200)
            #expect(try await get("/apis/metrics.k8s.io/v1beta1/nodes", client).code == nil)
        }
    }
}
