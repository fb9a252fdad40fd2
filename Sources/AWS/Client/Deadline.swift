/// Ends work at a time.
///
/// The work must end when it is cancelled.
///
/// - Throws: ``AWSError`` with code `timedOut` when the time comes first; what the work throws.
func withDeadline<Value: Sendable>(
    _ deadline: ContinuousClock.Instant?,
    _ work: @escaping @Sendable () async throws(AWSError) -> Value
) async throws(AWSError) -> Value {
    guard let deadline else { return try await work() }
    let result = await withTaskGroup(of: Result<Value, AWSError>?.self) { group in
        group.addTask {
            do throws(AWSError) { return .success(try await work()) } catch { return .failure(error) }
        }
        group.addTask {
            do {
                try await ContinuousClock().sleep(until: deadline)
                return .failure(AWSError(.timedOut, "the deadline has passed"))
            } catch {
                return nil  // cancelled: the work tells
            }
        }
        defer { group.cancelAll() }
        while let result = await group.next() {
            if let result { return result }
        }
        return .failure(AWSError(.cancelled, "cancelled"))
    }
    return try result.get()
}
