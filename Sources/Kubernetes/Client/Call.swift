internal import FoundationEssentials

/// One call to an API server, as it is sent.
struct Call: Sendable {
    var method: String
    /// Begins with a slash; appended to the endpoint's own path.
    var path: String
    /// Names and values, still unescaped.
    var query: [(String, String)]
    var contentType: String
    var body: [UInt8]?

    init(_ method: String, _ path: String, query: [(String, String)] = []) {
        self.method = method
        self.path = path
        self.query = query
        contentType = "application/json"
    }

    /// A call with a JSON body.
    init(
        _ method: String,
        _ path: String,
        body: some Encodable,
        contentType: String = "application/json"
    ) throws(KubernetesError) {
        self.init(method, path)
        self.contentType = contentType
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            self.body = Array(try encoder.encode(body))
        } catch {
            throw KubernetesError(.rejected, "the request's body cannot be written as JSON")
        }
    }
}
