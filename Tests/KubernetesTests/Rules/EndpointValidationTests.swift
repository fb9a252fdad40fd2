import HTTPClient
import Kubernetes
import Testing

struct EndpointValidationTests {
    private static let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

    private func problems(
        url: String = "https://example.com",
        pem: String? = pem,
        token: String = "token",
        policy: HTTPAddressPolicy = .publicOnly
    ) -> [EndpointValidation.Problem] {
        EndpointValidation.problems(
            of: KubernetesEndpoint(
                serverURL: url,
                certificateAuthorityPEM: pem,
                token: KubernetesToken(token),
                addressPolicy: policy
            )
        )
    }

    @Test(arguments: [
        "https://ABC123.gr7.us-east-1.eks.amazonaws.com", "https://example.com:6443",
        "https://example.com/k8s/clusters/c-1",
        "https://example.com/", "HTTPS://example.com", "https://8.8.8.8:443", "https://[2600:1f00::1]:6443",
    ])
    func accepts(url: String) {
        #expect(problems(url: url) == [])
    }

    @Test(arguments: [
        "", "example.com", "http://example.com", "ftp://example.com", "https://", "https:///path",
        "https://user@example.com", "https://user:secret@example.com", "https://example.com?x=y",
        "https://example.com/#f",
        "https://example.com/?", "https://example.com/#", "https://example.com/a/../b",
        "https://example.com//x",
        "https://example.com:0", "https://example.com:99999", "https://exa mple.com", "https://example.com\n",
        "https://localhost", "https://LOCALHOST:6443", "https://localhost.", "https://api.localhost",
        "https://127.0.0.1", "https://127.1", "https://2130706433", "https://0x7f000001", "https://0",
        "https://10.0.0.1",
        "https://192.168.0.1:6443", "https://172.16.0.1", "https://100.64.0.1", "https://169.254.169.254",
        "https://metadata.google.internal", "https://instance-data", "https://[::1]",
        "https://[fd00:ec2::254]",
        "https://[fe80::1]", "https://[::ffff:10.0.0.1]", "https://0.0.0.0", "https://kubernetes.default.svc",
        "https://printer.local",
    ])
    func refuses(url: String) {
        let found = problems(url: url)
        #expect(found.map(\.field) == [.serverURL])
        #expect(found.allSatisfy { !$0.message.contains("secret") && $0.message.contains("must") })
    }

    @Test(arguments: [
        "https://127.0.0.1:6443", "https://localhost:6443", "https://10.0.0.1", "https://[::1]:6443",
    ])
    func acceptsPrivateHostsIfAllowed(url: String) {
        #expect(problems(url: url, policy: .any) == [])
        #expect(
            problems(url: url.replacing("https", with: "http"), policy: .any).map(\.field) == [.serverURL]
        )
    }

    @Test(arguments: [
        "", "hello", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMIIB\n",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----",
    ])
    func refusesAuthority(pem: String) {
        #expect(problems(pem: pem).map(\.field) == [.certificateAuthority])
    }

    @Test func acceptsSeveralAuthoritiesOrNone() {
        #expect(problems(pem: Self.pem + "# the next one\n" + Self.pem.replacing("\n", with: "\r\n")) == [])
        #expect(problems(pem: nil) == [])
    }

    @Test(arguments: ["", "two words", "line\nbreak", "tökén"])
    func refusesToken(token: String) {
        let found = problems(token: token)
        #expect(found.map(\.field) == [.token])
        #expect(token.isEmpty || found.allSatisfy { !$0.message.contains(token) })
    }

    @Test func namesEveryField() {
        #expect(
            problems(url: "http://x", pem: "", token: "").map(\.field) == [
                .serverURL, .certificateAuthority, .token,
            ]
        )
    }
}
