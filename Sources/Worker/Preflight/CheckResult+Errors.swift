import AWS
import Kubernetes
import Preflight

extension CheckResult {
    /// What an error of a call to AWS says about the permission to make it.
    ///
    /// Only AWS's own refusal is a no; whatever else goes wrong says nothing.
    init(_ error: AWSError) {
        let code = error.rawCode ?? error.code.rawValue
        switch error.code {
        case .accessDenied: self = .denied("AWS refuses it: \(code)")
        default: self = .unknown("AWS answers \(code): \(error.message)")
        }
    }

    /// What an access review says, or why there is none.
    static func of(
        _ review: () async throws(KubernetesError) -> AccessReviewResult
    ) async throws(KubernetesError) -> CheckResult {
        let result: AccessReviewResult
        do {
            result = try await review()
        } catch {
            guard error.code != .cancelled else { throw error }
            return .unknown("the API server did not say: \(error)")
        }
        if result.isAllowed { return .allowed }
        if let problem = result.evaluationError {
            return .unknown("the API server could not tell: \(problem)")
        }
        return .denied(result.reason.map { "no rule allows it: \($0)" } ?? "no rule allows it")
    }
}
