internal import FoundationEssentials
public import HTTPClient

/// A real control plane, described by a directory with `endpoint`, `ca.crt` and `admin.token`; see `ops/conformance`.
public struct ControlPlane: Sendable {
    /// What to do if there is none.
    public static let missing = "needs a Kubernetes API server: set \(variable)"

    private static let variable = "CLOUDOPTIM_TEST_KUBE_DIR"

    /// Whether there is one; tests that need it are skipped otherwise.
    public static var isAvailable: Bool { directory != nil }

    private static var directory: String? {
        ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The API server's URL.
    public let endpoint: String
    /// Its authority, in PEM.
    public let authority: String
    /// The file of its authority.
    public let authorityFile: String
    /// A token that may do everything.
    public let token: String
    /// What calls it.
    public let http: HTTPClient

    /// Reads the directory.
    ///
    /// - Throws: ``ProcessFailure`` if a file of it cannot be read.
    public init(http: HTTPClient) throws {
        let directory = Self.directory ?? ""
        func read(_ file: String) throws -> String {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(file)") else {
                throw ProcessFailure(description: "\(directory)/\(file) cannot be read")
            }
            return String(decoding: data, as: UTF8.self)
        }
        endpoint = String(try read("endpoint").filter { !$0.isWhitespace })
        authority = try read("ca.crt")
        authorityFile = "\(directory)/ca.crt"
        token = String(try read("admin.token").filter { !$0.isWhitespace })
        self.http = http
    }

    /// Calls the API server as its administrator.
    ///
    /// - Returns: The body of the answer.
    /// - Throws: ``ProcessFailure`` if it refuses; ``HTTPClientError``.
    @discardableResult
    public func call(
        _ method: String,
        _ path: String,
        _ body: [UInt8]? = nil,
        contentType: String = "application/json"
    ) async throws -> [UInt8] {
        let request = HTTPRequest(
            method: method,
            url: endpoint + path,
            headers: [("Authorization", "Bearer \(token)"), ("Content-Type", contentType)],
            body: body,
            trust: .certificateAuthority(pem: authority)
        )
        let response = try await http.execute(request)
        guard (200..<300).contains(response.status) else {
            let text = String(decoding: response.body, as: UTF8.self)
            throw ProcessFailure(description: "\(method) \(path): \(response.status) \(text)")
        }
        return response.body
    }
}
