import FoundationEssentials
import Store
import TestKit
import Testing

@Suite("Signing in to clusters of EKS", .timeLimit(.minutes(1))) struct ClusterSignInTests {
    private static let endpoint =
        "https://0123456789ABCDEF0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com"
    private static let role = #""aws_role_arn":"arn:aws:iam::123456789012:role/cloudoptim""#

    private func body(_ changes: [String: String?] = [:]) -> String {
        var fields: [String: String?] = [
            "name": #""name":"prod""#, "region": #""region":"eu-central-1""#,
            "k8s_api_endpoint": #""k8s_api_endpoint":"\#(Self.endpoint)""#,
            "eks_cluster_name": #""eks_cluster_name":"shop""#, "aws_role_arn": Self.role,
        ]
        fields.merge(changes) { $1 }
        return "{\(fields.values.compactMap(\.self).joined(separator: ","))}"
    }

    @Test func needsNoTokenWithARole() async throws {
        try await TestAPI.with { api in
            let made = try await api.send("POST", "admin/clusters", body())
            #expect(made.status == 201, "\(made.text)")
            #expect(made.string("sign_in") == "eks")
            #expect(made.string("eks_cluster_name") == "shop")
            #expect(made["token_expires_at"] == .null)
            // Another of the same customer, whose role is known.
            let customer = try #require(made.string("customer_id"))
            let named = #""customer_id":"\#(customer)""#
            let second = body(["name": #""name":"two""#, "aws_role_arn": named])
            #expect(try await api.send("POST", "admin/clusters", second).status == 201)
        }
    }

    @Test func namesTheFieldThatIsMissingOrWrong() async throws {
        try await TestAPI.with { api in
            for (field, value) in [
                ("aws_role_arn", nil), ("eks_cluster_name", #""eks_cluster_name":"no name""#),
                ("region", #""region":"nowhere""#), ("region", #""region":"us-iso-east-1""#),
                ("k8s_api_endpoint", #""k8s_api_endpoint":"https://8.8.8.8""#),
                ("k8s_api_endpoint", #""k8s_api_endpoint":"https://x.eks.example.com""#),
            ] as [(String, String?)] {
                let refused = try await api.send("POST", "admin/clusters", body([field: value]))
                #expect(refused.status == 400, "\(refused.text)")
                #expect(refused.field == field)
            }
            let nothing = try await api.send("POST", "admin/clusters", body(["eks_cluster_name": nil]))
            #expect(nothing.status == 400)
            #expect(nothing.field == "k8s_token")
            let elsewhere = try await api.send(
                "POST",
                "admin/clusters",
                body(["region": #""region":"us-east-1""#])
            )
            #expect(elsewhere.field == "k8s_api_endpoint")
            let known = try await api.customer()
            let named = #""customer_id":"\#(known.text)""#
            let poor = try await api.send("POST", "admin/clusters", body(["aws_role_arn": named]))
            #expect(poor.field == "aws_role_arn")
        }
    }

    @Test func isChosenLater() async throws {
        try await TestAPI.with { api in
            let token = #""k8s_token":"token-0123456789""#
            let made = try await api.send("POST", "admin/clusters", body(["k8s_token": token]))
            #expect(made.string("sign_in") == "token")
            let path = "admin/clusters/\(try #require(made.string("cluster_id")))"
            let both = try await api.send("PUT", path, #"{"sign_in":"eks","k8s_token":"t"}"#)
            #expect(both.status == 400 && both.field == "sign_in")
            #expect(try await api.send("PUT", path, #"{"sign_in":"magic"}"#).field == "sign_in")
            let changed = try await api.send("PUT", path, #"{"sign_in":"eks"}"#)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.string("sign_in") == "eks")
            #expect(try await api.send("PUT", path, #"{"name":"renamed"}"#).string("sign_in") == "eks")
            #expect(try await api.send("PUT", path, #"{"sign_in":"token"}"#).field == "k8s_token")
            let back = try await api.send("PUT", path, #"{"k8s_token":"another"}"#)
            #expect(back.string("sign_in") == "token")
        }
    }

    /// Whoever got the token could use it for a quarter of an hour.
    @Test func sendsTokensToNobodyElse() async throws {
        try await TestAPI.with(["CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "true"]) { api in
            let made = try await api.send("POST", "admin/clusters", body())
            let path = "admin/clusters/\(try #require(made.string("cluster_id")))"
            for endpoint in ["https://8.8.8.8", "https://127.0.0.1:6443"] {
                let moved = try await api.send("PUT", path, #"{"k8s_api_endpoint":"\#(endpoint)"}"#)
                #expect(moved.status == 400)
                #expect(moved.field == "k8s_api_endpoint")
            }
            #expect(try await api.send("PUT", path, #"{"region":"us-east-1"}"#).field == "k8s_api_endpoint")
            let other = Self.endpoint.replacing("0123", with: "3210")
            let moved = try await api.send("PUT", path, #"{"k8s_api_endpoint":"\#(other)"}"#)
            #expect(moved.status == 200, "\(moved.text)")
        }
    }
}
