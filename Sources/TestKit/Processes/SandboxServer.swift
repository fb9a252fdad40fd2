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
        let url = clusters[number].endpoint.replacing("/clusters/", with: "/sandbox/clusters/") + "/fault"
        let (code, output) = try await ChildProcess.run([
            "curl", "-sSf", "--max-time", "10", "--cacert", "\(directory.path)/ca.crt", "-H",
            "Content-Type: application/json", "-d", #"{"kind":"\#(kind)"}"#, url,
        ])
        guard code == 0 else { throw ProcessFailure(description: output) }
    }
}
