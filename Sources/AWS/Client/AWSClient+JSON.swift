internal import FoundationEssentials

extension AWSClient {
    /// Makes a call of the JSON 1.0 protocol (SQS).
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - target: The service's name in the protocol.
    ///   - action: The action.
    ///   - input: Its parameters.
    ///   - isRepeatable: Whether doing it twice does no more than once.
    ///   - wait: How long the service may take by design.
    /// - Returns: The answer, decoded.
    /// - Throws: ``AWSError`` of the last attempt.
    func json<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        _ service: AWSService,
        target: String,
        _ action: String,
        _ input: Input,
        isRepeatable: Bool = true,
        wait: Duration = .zero
    ) async throws(AWSError) -> Output {
        let body: [UInt8]
        do {
            body = Array(try JSONEncoder().encode(input))
        } catch {
            throw AWSError(.invalidRequest, "the parameters cannot be written as JSON")
        }
        let call = AWSCall(
            service: service,
            action: action,
            contentType: "application/x-amz-json-1.0",
            headers: [("X-Amz-Target", "\(target).\(action)")],
            body: body,
            isRepeatable: isRepeatable,
            wait: wait
        )
        let answer = try await execute(call)
        do {
            return try await Self.decode(answer)
        } catch {
            // The decoder's own words may quote the body.
            throw AWSError(
                .invalidResponse,
                "the service's answer isn't the expected JSON",
                status: 200,
                action: call.name,
                mayHaveHappened: true
            )
        }
    }

    @concurrent
    private static func decode<Output: Decodable & Sendable>(_ body: [UInt8]) async throws -> Output {
        // Actions that answer nothing may have no body.
        try JSONDecoder().decode(Output.self, from: body.isEmpty ? Data("{}".utf8) : Data(body))
    }
}
