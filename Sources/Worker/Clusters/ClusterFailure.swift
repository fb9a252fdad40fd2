import Jobs
import Kubernetes

/// What a cluster's errors are called in outcomes.
enum ClusterFailure {
    /// The failure of a job that an error ended.
    static func failure(_ error: KubernetesError, manifest: String) -> JobFailure {
        JobFailure(
            code: code(of: error),
            message: message(of: error, manifest: manifest),
            isRetryable: error.isRetryable || error.code == .conflict
        )
    }

    /// What the server said, and what to do about it.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - manifest: The file of `ops/rbac` that allows what was tried.
    /// - Returns: A sentence for people.
    static func message(of error: KubernetesError, manifest: String) -> String {
        switch error.code {
        case .unauthorized:
            """
            the API server refused the token (401): set a new k8s_token with PUT /api/v1/admin/clusters/{id}; where we \
            sign in as the customer's role, give the role an access entry in EKS and set status to active
            """
        case .untrustedCertificate:
            "the API server's certificate is not trusted by the registered k8s_ca_data: \(error.message)"
        case .forbidden:
            "the token may not do this; apply \(files(manifest)): \(error.message)"
        case .addressRefused:
            "the endpoint leads to an address that is not allowed: \(error.message)"
        default: error.message
        }
    }

    /// What is needed together: every level stands on the first.
    private static func files(_ manifest: String) -> String {
        manifest == "observe.yaml"
            ? "ops/rbac/observe.yaml" : "ops/rbac/observe.yaml and ops/rbac/\(manifest)"
    }

    static func code(of error: KubernetesError) -> String {
        switch error.code {
        case .unauthorized: "credential_expired"
        case .forbidden: "cluster_forbidden"
        case .unreachable: "cluster_unreachable"
        case .timedOut: "cluster_timed_out"
        case .untrustedCertificate: "cluster_untrusted_certificate"
        case .addressRefused: "cluster_address_refused"
        case .signInRefused: "cluster_sign_in_refused"
        case .signInUnavailable: "cluster_sign_in_unavailable"
        case .invalidEndpoint: "cluster_endpoint_invalid"
        case .tooManyRequests: "cluster_throttled"
        case .serverError: "cluster_error"
        case .notFound, .gone, .conflict, .metricsUnavailable, .invalidResponse, .rejected, .cancelled:
            "cluster_answer_invalid"
        }
    }
}
