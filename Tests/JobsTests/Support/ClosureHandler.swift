import Jobs

/// A handler that a test writes where it is used.
struct ClosureHandler: JobHandler {
    private let body: @Sendable (JobContext) async throws -> JobReport

    init(_ body: @escaping @Sendable (JobContext) async throws -> JobReport) {
        self.body = body
    }

    func run(_ context: JobContext) async throws -> JobReport { try await body(context) }
}

/// A signal that a handler gives and a test waits for.
struct TestSignal: Sendable {
    private let stream = AsyncStream.makeStream(of: Void.self)

    func send() { stream.continuation.yield() }

    /// Waits for the next signal; the test's time limit ends the wait.
    func wait() async {
        for await _ in stream.stream { return }
    }
}
