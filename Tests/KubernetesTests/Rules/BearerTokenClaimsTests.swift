import FoundationEssentials
import Kubernetes
import Testing

struct BearerTokenClaimsTests {
    private func token(_ payload: String) -> KubernetesToken {
        var text = Data(payload.utf8).base64EncodedString()
        while text.hasSuffix("=") { text.removeLast() }
        let url = String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        return KubernetesToken("eyJhbGciOiJSUzI1NiJ9.\(url).c2lnbmF0dXJl")
    }

    @Test(arguments: [1, 2, 3, 4])
    func readsClaims(padding: Int) throws {
        // Every length of padding, and bytes that need "_"
        let filler = String(repeating: "?", count: padding)
        let claims = try #require(
            BearerTokenClaims(
                token(
                    #"{"exp":1767323045,"iss":"https://oidc.eks","sub":"system:serviceaccount:a:b","x":"\#(filler)ÿ"}"#
                )
            )
        )
        #expect(claims.expiresAt == Date(timeIntervalSince1970: 1_767_323_045))
        #expect(claims.issuer == "https://oidc.eks")
        #expect(claims.subject == "system:serviceaccount:a:b")
    }

    @Test func readsATokenThatNeverExpires() throws {
        let claims = try #require(BearerTokenClaims(token(#"{"iss":"kubernetes/serviceaccount"}"#)))
        #expect(claims.expiresAt == nil)
    }

    @Test(arguments: ["", "abc", "a.b.c", "k8s-aws-v1.aHR0cHM6Ly9zdHM", "a..c", "a.W10.c", "a.bm90IGpzb24.c"])
    func readsNothingElse(text: String) {
        #expect(BearerTokenClaims(KubernetesToken(text)) == nil)
    }

    @Test func neverDescribesTheToken() {
        let token = KubernetesToken(" hunter2\n")
        #expect(token.secret == "hunter2")
        let endpoint = KubernetesEndpoint(serverURL: "https://x", certificateAuthorityPEM: nil, token: token)
        var dumped = ""
        dump(endpoint, to: &dumped)
        for text in [
            "\(token)", String(reflecting: token), "\(endpoint)", String(reflecting: endpoint), dumped,
        ] {
            #expect(!text.contains("hunter2"))
        }
    }
}
