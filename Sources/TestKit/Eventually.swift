/// Waits until a condition holds.
///
/// - Parameters:
///   - limit: How long at most.
///   - what: What is waited for, for the error.
///   - condition: Asked every 10 ms.
/// - Throws: ``ConditionNotMet`` when the limit passed; what the condition throws.
public func eventually(
    within limit: Duration = .seconds(10),
    _ what: String = "the condition",
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else { throw ConditionNotMet(what: what, limit: limit) }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// What a test waited for did not happen.
public struct ConditionNotMet: Error, CustomStringConvertible {
    /// What it was.
    public let what: String
    /// How long it was waited for.
    public let limit: Duration

    /// Both.
    public var description: String { "\(what) did not come to hold within \(limit)" }
}
