import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite("Clusters", .timeLimit(.minutes(1))) struct ClusterTests {
    private static let token = "cluster-token-4f8a91c2"

    private func body(
        name: String = "prod",
        endpoint: String = "https://8.8.8.8",
        token: String = Self.token,
        more: String = ""
    ) -> String {
        """
        {"name":"\(name)","k8s_api_endpoint":"\(endpoint)","k8s_token":"\(token)","region":"eu-central-1"\(more)}
        """
    }

    @Test func areRegisteredWithACustomerOfTheirOwn() async throws {
        try await TestAPI.with { api in
            let more = #","company_name":"Example","email":"a@b.c","external_id":"external-id-0123456789""#
            let made = try await api.send("POST", "admin/clusters", body(more: more))
            #expect(made.status == 201)
            let id = try #require(made.string("cluster_id"))
            #expect(made.header("Location") == "/api/v1/admin/clusters/\(id)")
            #expect(made.string("status") == "active")
            #expect(made.string("health") == "UNKNOWN")
            #expect(made.string("external_id") == "external-id-0123456789")
            for name in ["cost", "metrics", "health_reason", "token_expires_at", "last_collected_at"] {
                #expect(made[name] == .null, "\(name) is null, not absent")
            }
            let customer = try await api.send(
                "GET",
                "admin/customers/\(try #require(made.string("customer_id")))"
            )
            #expect(customer.string("company_name") == "Example")
            let shown = try await api.send("GET", "admin/clusters/\(id)")
            #expect(shown.json == made.json)
        }
    }

    @Test func areRegisteredForANamedCustomer() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let named = #","customer_id":"\#(customer.text)""#
            let made = try await api.send("POST", "admin/clusters", body(more: named))
            #expect(made.status == 201)
            #expect(made.string("customer_id") == customer.text)
            let twin = try await api.send("POST", "admin/clusters", body(more: named))
            #expect(twin.status == 409)
            #expect(twin.field == "name")
            let unknown = #","customer_id":"\#(UUID().text)""#
            let stranger = try await api.send("POST", "admin/clusters", body(more: unknown))
            #expect(stranger.status == 404)
            #expect(stranger.field == "customer_id")
            // The seeds' other name for the name.
            let other = body(name: "two", more: named).replacing(#""name""#, with: #""cluster_name""#)
            #expect(try await api.send("POST", "admin/clusters", other).string("name") == "two")
        }
    }

    @Test func refuseAnEndpointThatIsNotPublic() async throws {
        try await TestAPI.with { api in
            for endpoint in [
                "http://8.8.8.8", "https://127.0.0.1", "https://127.1", "https://2130706433",
                "https://0.0.0.0",
                "https://10.0.0.7:6443", "https://192.168.1.1", "https://172.16.0.1",
                "https://169.254.169.254",
                "https://100.64.0.1", "https://[::1]", "https://[fd00::1]", "https://[::ffff:127.0.0.1]",
                "https://[fe80::1]", "https://localhost", "https://localhost.", "https://LOCALHOST",
                "https://api.localhost", "https://metadata.google.internal", "https://kubernetes.default.svc",
                "https://user:password@8.8.8.8", "https://8.8.8.8?a=b", "https://8.8.8.8#f",
                "file:///etc/passwd",
                "8.8.8.8", "", "https://", "https://8.8.8.8:99999", "https://8.8.8.8/../x",
                "https://8.8.8.8 ",
            ] {
                let refused = try await api.send("POST", "admin/clusters", body(endpoint: endpoint))
                #expect(refused.status == 400, "\(refused.text)")
                #expect(refused.field == "k8s_api_endpoint")
                let id = try await api.cluster("one", of: try await api.customer())
                let moved = try await api.send(
                    "PUT",
                    "admin/clusters/\(id.text)",
                    #"{"k8s_api_endpoint":"\#(endpoint)","k8s_token":"another-token"}"#
                )
                #expect(moved.status == 400)
                #expect(moved.field == "k8s_api_endpoint")
            }
        }
    }

    @Test func mayBePrivateIfTheOperatorAllowsIt() async throws {
        try await TestAPI.with(["CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "true"]) { api in
            let made = try await api.send("POST", "admin/clusters", body(endpoint: "https://127.0.0.1:6443"))
            #expect(made.status == 201)
            let plain = try await api.send("POST", "admin/clusters", body(endpoint: "http://127.0.0.1"))
            #expect(plain.field == "k8s_api_endpoint")
        }
    }

    @Test func nameTheFieldThatIsWrong() async throws {
        try await TestAPI.with { api in
            for (field, name) in [
                (#""region":"us east""#, "region"), (#""region":"US-EAST-1""#, "region"),
                (#""region":"x""#, "region"),
                (#""k8s_ca_data":"no base64!""#, "k8s_ca_data"),
                (#""k8s_ca_data":"aGVsbG8=""#, "k8s_ca_data"),
                (#""k8s_token":"""#, "k8s_token"), (#""k8s_token":"a\nb""#, "k8s_token"),
                (#""name":"""#, "name"),
                (#""k8s_tokn":"x""#, "k8s_tokn"),
            ] {
                var fields = [
                    "name": #""name":"prod""#, "k8s_api_endpoint": #""k8s_api_endpoint":"https://8.8.8.8""#,
                    "k8s_token": #""k8s_token":"token-0123456789""#, "region": #""region":"us-east-1""#,
                ]
                fields[name] = field
                let json = "{\(fields.values.joined(separator: ","))}"
                let answer = try await api.send("POST", "admin/clusters", json)
                #expect(answer.status == 400, "\(answer.text)")
                #expect(answer.field == name)
            }
        }
    }

    @Test func nameTheFieldThatIsMissing() async throws {
        try await TestAPI.with { api in
            for name in ["name", "k8s_api_endpoint", "k8s_token", "region"] {
                var fields = [
                    "name": "prod", "k8s_api_endpoint": "https://8.8.8.8", "k8s_token": "token-0123456789",
                    "region": "us-east-1",
                ]
                fields[name] = nil
                let json = "{\(fields.map { #""\#($0.key)":"\#($0.value)""# }.joined(separator: ","))}"
                let answer = try await api.send("POST", "admin/clusters", json)
                #expect(answer.status == 400)
                #expect(answer.field == name)
            }
        }
    }

    @Test func moveOnlyWithTheirToken() async throws {
        try await TestAPI.with { api in
            let id = try await api.cluster("one", of: try await api.customer(), token: Self.token)
            let path = "admin/clusters/\(id.text)"
            let moved = try await api.send("PUT", path, #"{"k8s_api_endpoint":"https://9.9.9.9"}"#)
            #expect(moved.status == 400)
            #expect(moved.field == "k8s_token")
            #expect(try await api.send("GET", path).string("k8s_api_endpoint") == "https://8.8.8.8")
            let same = try await api.send("PUT", path, #"{"k8s_api_endpoint":"https://8.8.8.8","name":"n"}"#)
            #expect(same.status == 200)
            let both = try await api.send(
                "PUT",
                path,
                #"{"k8s_api_endpoint":"https://9.9.9.9","k8s_token":"another-token"}"#
            )
            #expect(both.status == 200)
            let store = ClusterStore(pool: api.fleet.pool, keyring: api.fleet.keyring)
            let credentials = try #require(try await store.credentials(of: id))
            #expect(credentials.apiEndpoint == "https://9.9.9.9")
            #expect(credentials.token == "another-token")
        }
    }

    @Test func areChanged() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let id = try await api.cluster("one", of: customer)
            _ = try await api.cluster("two", of: customer)
            let path = "admin/clusters/\(id.text)"
            let changed = try await api.send(
                "PUT",
                path,
                #"{"name":"uno","region":"us-west-2","status":"paused"}"#
            )
            #expect(changed.status == 200)
            #expect(changed.string("name") == "uno")
            #expect(changed.string("region") == "us-west-2")
            #expect(changed.string("status") == "paused")
            #expect(try await api.send("PUT", path, "{}").string("name") == "uno")
            #expect(try await api.send("PUT", path, #"{"name":"two"}"#).status == 409)
            for (body, field) in [
                (#"{"status":"deleted"}"#, "status"), (#"{"status":"credential_expired"}"#, "status"),
                (#"{"name":""}"#, "name"), (#"{"region":"?"}"#, "region"), (#"{"colour":"?"}"#, "colour"),
            ] {
                let refused = try await api.send("PUT", path, body)
                #expect(refused.status == 400)
                #expect(refused.field == field)
            }
        }
    }

    @Test func workAgainWithANewToken() async throws {
        try await TestAPI.with { api in
            let id = try await api.cluster("one", of: try await api.customer())
            let store = ClusterStore(pool: api.fleet.pool, keyring: api.fleet.keyring)
            try await store.credentialRefused(id, reason: "refused")
            let path = "admin/clusters/\(id.text)"
            #expect(try await api.send("GET", path).string("status") == "credential_expired")
            let renewed = try await api.send("PUT", path, #"{"k8s_token":"fresh-token"}"#)
            #expect(renewed.string("status") == "active")
        }
    }

    @Test func areGoneAfterTheyWereDeleted() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let id = try await api.cluster("one", of: customer, token: Self.token)
            let path = "admin/clusters/\(id.text)"
            #expect(try await api.send("DELETE", path).status == 204)
            for answer in [
                try await api.send("GET", path), try await api.send("DELETE", path),
                try await api.send("PUT", path, "{}"), try await api.send("GET", "k8s/\(id.text)/nodes"),
                try await api.send("POST", "jobs", #"{"type":"noop","cluster_id":"\#(id.text)"}"#),
            ] { #expect(answer.status == 404, "\(answer.text)") }
            let list = try await api.send("GET", "admin/clusters")
            #expect(list.array("clusters") == [])
            #expect(list["next_cursor"] == .null)
            let rows = try await api.fleet.pool.query("SELECT k8s_token_sealed AS sealed FROM clusters")
            #expect(try rows.first?.decode("sealed", as: [UInt8].self) == [])
            _ = try await api.cluster("one", of: customer)
        }
    }

    @Test func neverTellTheirToken() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let id = try await api.cluster("one", of: customer, token: Self.token)
            let path = "admin/clusters/\(id.text)"
            let answers = [
                try await api.send("GET", path), try await api.send("GET", "admin/clusters"),
                try await api.send("PUT", path, #"{"k8s_token":"\#(Self.token)"}"#),
                try await api.send("POST", "admin/clusters", body(name: "one", more: #","k8s_tok":1"#)),
                try await api.send("POST", "admin/clusters", body(endpoint: "https://127.0.0.1")),
                try await api.send("POST", "admin/clusters", body(token: Self.token + "\\n")),
                try await api.send("POST", "jobs", #"{"type":"noop","cluster_id":"\#(id.text)"}"#),
                try await api.send("GET", "jobs"), try await api.send("GET", "/metrics"),
            ]
            for answer in answers { #expect(!answer.text.contains(Self.token), "\(answer.text)") }
        }
    }
}
