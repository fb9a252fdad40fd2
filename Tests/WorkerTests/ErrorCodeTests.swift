import Kubernetes
import Testing

@testable import Worker

@Suite("Codes of failures") struct ErrorCodeTests {
    @Test func everyErrorHasItsCode() {
        let expected: [KubernetesError.Code: String] = [
            .unauthorized: "credential_expired", .forbidden: "cluster_forbidden",
            .unreachable: "cluster_unreachable", .timedOut: "cluster_timed_out",
            .untrustedCertificate: "cluster_untrusted_certificate",
            .addressRefused: "cluster_address_refused",
            .invalidEndpoint: "cluster_endpoint_invalid", .tooManyRequests: "cluster_throttled",
            .serverError: "cluster_error", .signInRefused: "cluster_sign_in_refused",
            .signInUnavailable: "cluster_sign_in_unavailable",
        ]
        for code in KubernetesError.Code.allCases {
            let error = KubernetesError(code, "what the server said")
            #expect(ClusterFailure.code(of: error) == expected[code] ?? "cluster_answer_invalid")
            #expect(!ClusterFailure.message(of: error, manifest: "drain.yaml").isEmpty)
        }
    }

    @Test func saysWhatToDo() {
        func message(_ code: KubernetesError.Code) -> String {
            ClusterFailure.message(of: KubernetesError(code, "detail"), manifest: "drain.yaml")
        }
        #expect(
            message(.unauthorized).contains("k8s_token") && message(.unauthorized).contains("access entry")
        )
        #expect(message(.untrustedCertificate).contains("k8s_ca_data"))
        #expect(message(.forbidden).contains("ops/rbac/drain.yaml") && message(.forbidden).contains("detail"))
    }
}
