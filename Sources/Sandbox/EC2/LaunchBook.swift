import Synchronization

/// What was launched by which token: a repetition gets the answer of the first call, and launches nothing.
final class LaunchBook: Sendable {
    private struct Entry {
        let fingerprint: String
        let answer: [XML]
        /// Of the machines that were launched.
        let machines: [String]
    }

    /// So many are kept; the oldest go first.
    private static let limit = 10_000

    private struct State {
        var entries: [String: Entry] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())

    /// Launches once for each token.
    ///
    /// - Parameters:
    ///   - form: The call, with its token.
    ///   - region: Tokens are of one region.
    ///   - isAlive: Whether a machine has not been terminated.
    ///   - body: Launches, and gives the answer with the machines' ids.
    /// - Returns: The answer.
    /// - Throws: ``AWSFault``: a token that was of another call, or whose machines have ended; what the body throws.
    func once(
        _ form: QueryForm,
        in region: String,
        isAlive: (String) -> Bool,
        _ body: () throws(AWSFault) -> (answer: [XML], machines: [String])
    ) throws(AWSFault) -> [XML] {
        guard let token = form["ClientToken"] else { return try body().answer }
        guard token.utf8.count <= 64 else { throw .invalid("ClientToken", token) }
        let key = "\(region) \(form.action) \(token)"
        return try state.withLock { state throws(AWSFault) in
            if let known = state.entries[key] {
                guard known.fingerprint == form.fingerprint else {
                    throw AWSFault(
                        code: "IdempotentParameterMismatch",
                        message:
                            "Arguments on this idempotent request are inconsistent with arguments used in"
                            + " previous request(s)."
                    )
                }
                guard known.machines.isEmpty || known.machines.contains(where: isAlive) else {
                    throw AWSFault(
                        code: "IdempotentInstanceTerminated",
                        message:
                            "The client token was used by a request whose instances have been terminated."
                    )
                }
                return known.answer
            }
            let (answer, machines) = try body()
            state.entries[key] = Entry(fingerprint: form.fingerprint, answer: answer, machines: machines)
            state.order.append(key)
            if state.order.count > Self.limit { state.entries[state.order.removeFirst()] = nil }
            return answer
        }
    }
}
