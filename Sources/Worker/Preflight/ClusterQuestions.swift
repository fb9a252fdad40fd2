import FoundationEssentials
import Kubernetes
import Preflight

/// Asks an API server what our account may do there; changes nothing.
struct ClusterQuestions {
    let client: KubernetesClient
    /// What is asked about.
    let permissions: Set<KubernetesPermission>

    /// How many reviews are asked for at once: an API server with few may be small.
    private static let breadth = 6

    /// Asks everything.
    ///
    /// - Throws: `KubernetesError` if the API server is not reached, or does not let us in; `cancelled`.
    func ask(_ answers: inout PreflightAnswers) async throws(KubernetesError) {
        answers.version = String(try await client.serverVersion().gitVersion.prefix(64))
        let before = Date()
        if let time = try await client.serverTime() {
            // It has whole seconds, and was written somewhere between our two looks.
            let middle = before.addingTimeInterval(Date().timeIntervalSince(before) / 2)
            answers.clockSkew = time.timeIntervalSince(middle) + 0.5
        }
        answers.kubernetes = try await reviews()
        // `/version` is open to everybody: only the reviews say that the token is good.
        answers.apiServer = .allowed
    }

    private func reviews() async throws(KubernetesError) -> [KubernetesPermission: CheckResult] {
        var rest = permissions.sorted()[...]
        var results: [KubernetesPermission: CheckResult] = [:]
        // The first alone: a token that is refused once need not be tried sixty times.
        if let first = rest.popFirst() {
            let review = try await client.review(first.question)
            results[first] = try await CheckResult.of { () throws(KubernetesError) in review }
        }
        while !rest.isEmpty {
            let batch = rest.prefix(Self.breadth)
            rest = rest.dropFirst(Self.breadth)
            let answered = await batch.concurrently { permission in
                do throws(KubernetesError) {
                    return Result<_, KubernetesError>.success(
                        try await CheckResult.of { () async throws(KubernetesError) in
                            try await client.review(permission.question)
                        }
                    )
                } catch {
                    return .failure(error)
                }
            }
            for (permission, result) in answered { results[permission] = try result.get() }
        }
        return results
    }
}

extension Collection where Element: Sendable {
    /// Answers for all elements, asked at once.
    fileprivate func concurrently<Value: Sendable>(
        _ body: @escaping @Sendable (Element) async -> Value
    ) async -> [(Element, Value)] {
        await withTaskGroup(of: (Element, Value).self) { group in
            for element in self { group.addTask { (element, await body(element)) } }
            var results: [(Element, Value)] = []
            for await result in group { results.append(result) }
            return results
        }
    }
}

extension KubernetesPermission {
    fileprivate var question: AccessQuestion {
        AccessQuestion(verb, resource, subresource: subresource, group: group)
    }
}
