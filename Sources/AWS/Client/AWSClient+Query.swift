extension AWSClient {
    /// Makes a call of the Query protocols (EC2, STS, Auto Scaling), answered in XML.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - action: The action.
    ///   - parameters: Its parameters.
    ///   - isRepeatable: Whether doing it twice does no more than once.
    /// - Returns: EC2's root element; of the others, the result in it.
    /// - Throws: ``AWSError`` of the last attempt.
    func query(
        _ service: AWSService,
        _ action: String,
        _ parameters: QueryParameters = QueryParameters(),
        isRepeatable: Bool = true
    ) async throws(AWSError) -> XMLElement {
        var all = QueryParameters()
        all.set("Action", action)
        all.set("Version", service.apiVersion)
        all.append(parameters)
        let call = AWSCall(
            service: service,
            action: action,
            contentType: "application/x-www-form-urlencoded; charset=utf-8",
            body: all.encoded,
            isRepeatable: isRepeatable
        )
        let body = try await execute(call)
        do throws(AWSError) {
            let root = try await Self.parse(body)
            guard root.name == "\(action)Response" else { throw Self.unexpected }
            guard service != .ec2 else { return root }
            // Actions that answer nothing have no result.
            return root.child("\(action)Result") ?? XMLElement(name: "\(action)Result")
        } catch {
            throw error.of(call.name)
        }
    }

    /// Parses on the shared pool: a page of instances takes tens of milliseconds, which the caller may not
    /// have.
    @concurrent
    private static func parse(_ body: [UInt8]) async throws(AWSError) -> XMLElement {
        do throws(XMLReader.Failure) {
            return try XMLReader.read(body)
        } catch {
            throw unexpected
        }
    }

    private static var unexpected: AWSError {
        AWSError(
            .invalidResponse,
            "the service's answer isn't the expected XML",
            status: 200,
            mayHaveHappened: true
        )
    }
}
