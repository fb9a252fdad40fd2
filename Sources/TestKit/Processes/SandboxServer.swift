import FoundationEssentials
import Glibc

/// Simulated clusters, served by the sandbox's own executable.
public final class SandboxServer: Sendable {
    /// A cluster as `clusters.json` tells of it.
    public struct Cluster: Sendable, Decodable {
        /// What it is called.
        public let name: String
        /// Its API server.
        public let endpoint: String
        /// The token that opens it.
        public let token: String
        /// Its region.
        public let region: String
        /// How many nodes it has.
        public let nodes: Int
    }

    /// The customer's account, and how it is called, as `aws.json` tells of it.
    public struct Account: Sendable, Decodable {
        /// Where AWS's services answer, and receivers of webhooks.
        public let endpoint: String
        /// The fleet's own key.
        public let accessKeyId: String
        /// Of that key.
        public let secretAccessKey: String
        /// Where the queue is.
        public let region: String
        /// The account's number.
        public let account: String
        /// The role that is taken on.
        public let roleArn: String

        /// What processes that call it need in their environment.
        public var environment: [String: String] {
            [
                "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": accessKeyId,
                "AWS_SECRET_ACCESS_KEY": secretAccessKey, "AWS_REGION": region,
            ]
        }
    }

    /// The account that the clusters' machines are in.
    public let account: Account
    /// The clusters.
    public let clusters: [Cluster]
    /// The authority of its certificate, PEM.
    public let authority: String
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    /// Starts the sandbox and waits until it serves; it ends with the last reference.
    ///
    /// - Parameters:
    ///   - count: How many clusters.
    ///   - nodes: How many nodes each.
    ///   - pods: How many pods a node.
    /// - Throws: ``ProcessFailure``, or ``ConditionNotMet``.
    public init(clusters count: Int = 1, nodes: Int = 6, pods: Int = 10) async throws {
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            [
                try Executable.sandbox.path(), "--clusters", "\(count)", "--port", "0", "--nodes-per-cluster",
                "\(nodes)", "--pods-per-node", "\(pods)", "--state-directory", directory.path,
            ],
            log: "\(directory.path)/log"
        )
        let list = "\(directory.path)/clusters.json"
        try await eventually(within: .seconds(30), "the sandbox") {
            guard process.exitCode == nil else { throw ProcessFailure(description: process.output) }
            return access(list, R_OK) == 0
        }
        func read(_ path: String) -> Data { FileManager.default.contents(atPath: path) ?? Data() }
        clusters = try JSONDecoder().decode([Cluster].self, from: read(list))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        account = try decoder.decode(Account.self, from: read("\(directory.path)/aws.json"))
        authority = String(decoding: read("\(directory.path)/ca.crt"), as: UTF8.self)
        self.process = process
        self.directory = directory
    }

    /// Makes a cluster misbehave.
    ///
    /// - Parameters:
    ///   - kind: `none`, `unauthorized`, `hang`, `error500` or `metrics_unavailable`.
    ///   - number: Which cluster, from 0.
    /// - Throws: ``ProcessFailure`` if the sandbox does not take it.
    public func fault(_ kind: String, of number: Int = 0) async throws {
        _ = try await call("POST", "clusters/\(number + 1)/fault", #"{"kind":"\#(kind)"}"#)
    }

    /// Calls the sandbox's own switches.
    ///
    /// - Parameters:
    ///   - method: As in `POST`.
    ///   - path: Below `/sandbox/`.
    ///   - json: The body.
    /// - Returns: The body of the answer.
    /// - Throws: ``ProcessFailure`` if the sandbox does not take it.
    public func call(_ method: String, _ path: String, _ json: String? = nil) async throws -> String {
        let base = clusters[0].endpoint.replacing("/clusters/1", with: "/sandbox/")
        let body = json.map { ["-H", "Content-Type: application/json", "-d", $0] } ?? []
        let (code, output) = try await ChildProcess.run(
            ["curl", "-sSf", "--max-time", "10", "--cacert", "\(directory.path)/ca.crt", "-X", method] + body
                + [base + path]
        )
        guard code == 0 else { throw ProcessFailure(description: output) }
        return output
    }
}
