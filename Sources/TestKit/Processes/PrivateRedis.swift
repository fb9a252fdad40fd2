import FoundationEssentials
import Glibc

/// A Redis of one's own, to be killed, stopped, emptied and started again.
public final class PrivateRedis: Sendable {
    /// Where it listens, on the loopback address.
    public let port: Int
    private let directory: TemporaryDirectory
    private let options: [String]

    /// Chooses a port; nothing runs yet.
    ///
    /// - Parameter isPersistent: Whether a restart brings back what it held; else a restart loses all.
    /// - Throws: ``ProcessFailure``.
    public init(isPersistent: Bool = false) throws {
        port = try FreePort.find()
        directory = try TemporaryDirectory()
        options = isPersistent ? ["--appendonly", "yes", "--appendfsync", "everysec"] : []
    }

    /// As `REDIS_URL` has it.
    public var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts it and waits until it serves.
    ///
    /// - Throws: ``ProcessFailure``, or ``ConditionNotMet``.
    public func start() async throws -> ChildProcess {
        let log = "\(directory.path)/log-\(UUID().uuidString.prefix(8))"
        let process = try ChildProcess(
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir",
                directory.path,
                "--maxmemory-policy", "noeviction",
            ] + options,
            log: log
        )
        try await eventually(within: .seconds(30), "the private Redis") {
            guard process.exitCode == nil else { throw ProcessFailure(description: process.output) }
            return process.output.contains("Ready to accept connections")
        }
        return process
    }

    /// Copies what it keeps, to be put back later.
    ///
    /// - Throws: ``ProcessFailure``.
    public func snapshot() async throws {
        try await copy("appendonlydir", to: "older")
    }

    /// Puts an older copy in the place of what it keeps; it must not be running.
    ///
    /// - Throws: ``ProcessFailure``.
    public func restore() async throws {
        try await copy("older", to: "appendonlydir")
    }

    private func copy(_ source: String, to target: String) async throws {
        let (code, output) = try await ChildProcess.run([
            "bash", "-ec", #"cd "$0"; rm -rf "$2.new"; cp -r "$1" "$2.new"; rm -rf "$2"; mv "$2.new" "$2""#,
            directory.path, source, target,
        ])
        guard code == 0 else { throw ProcessFailure(description: output) }
    }
}
