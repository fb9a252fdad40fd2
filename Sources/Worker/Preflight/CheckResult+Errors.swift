import AWS
import Kubernetes
import Preflight

extension CheckResult {
    /// What an error of a call to AWS says about the permission to make it.
    ///
    /// Only AWS's own refusal is a no; whatever else goes wrong says nothing. A 403 without a code is a proxy's.
    init(_ error: AWSError) {
        guard error.code == .accessDenied, let code = error.rawCode else {
            self = .unknown("AWS answers \(error.rawCode ?? error.code.rawValue): \(error.message)")
            return
        }
        // The message tells a policy that lacks it from one that forbids it.
        self = .denied("AWS refuses it: \(code): \(error.message)")
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

    /// The action that AWS's refusal names: `… is not authorized to perform: iam:PassRole on resource: …`.
    var deniedAction: AWSAction? {
        guard let reason, let words = reason.firstRange(of: "not authorized to perform: ") else { return nil }
        let name = reason[words.upperBound...].prefix { $0.isLetter || $0 == ":" }
        return AWSAction(rawValue: String(name))
    }
}
