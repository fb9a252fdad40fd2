import FoundationEssentials
import Glibc

/// A PostgreSQL of one's own, to be stopped and started again.
///
/// The server refuses to run as root; as root it runs as the user `postgres`.
public final class PrivatePostgres: Sendable {
    /// Where it listens, on the loopback address.
    public let port: Int
    private let directory: String
    private let programs: String

    /// Makes its data directory; nothing runs yet.
    ///
    /// - Throws: ``ProcessFailure``.
    public init() async throws {
        let root = "/usr/lib/postgresql"
        let versions = try FileManager.default.contentsOfDirectory(atPath: root).sorted {
            (Int($0) ?? 0) < (Int($1) ?? 0)
        }
        programs = "\(root)/\(versions.last ?? "")/bin"
        port = try FreePort.find()
        directory = "/tmp/cloudoptim-test-postgres-\(UUID().uuidString.prefix(8))"
        try await run(
            """
            mkdir -m 755 \(directory) && cd \(directory)
            \(programs)/initdb -D data -U owner -A trust --no-sync >initdb.log
            cat >>data/postgresql.conf <<END
            port = \(port)
            listen_addresses = '127.0.0.1'
            unix_socket_directories = '\(directory)'
            fsync = off
            END
            """
        )
    }

    /// Gives the body a server that runs, and removes it after.
    ///
    /// - Throws: ``ProcessFailure``; what the body throws.
    public static func with(_ body: (PrivatePostgres) async throws -> Void) async throws {
        let server = try await PrivatePostgres()
        let result: Result<Void, any Error>
        do {
            try await server.start()
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        // It may be stopped already.
        try? await server.stop()
        try? await server.run("rm -rf \(server.directory)")
        try result.get()
    }

    /// As `DATABASE_URL` has it.
    public var url: String { "postgres://owner@127.0.0.1:\(port)/postgres" }

    /// Starts it and waits until it serves.
    ///
    /// - Throws: ``ProcessFailure``.
    public func start() async throws {
        try await run("\(programs)/pg_ctl -D \(directory)/data -w -t 30 -l \(directory)/server.log start")
    }

    /// Ends all of it at once, as a crash would.
    ///
    /// - Throws: ``ProcessFailure``.
    public func stop() async throws {
        try await run("\(programs)/pg_ctl -D \(directory)/data -w -t 30 -m immediate stop")
    }

    private func run(_ script: String) async throws {
        let user = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        let path = "/usr/sbin:/usr/bin:/sbin:/bin"
        let (code, output) = try await ChildProcess.run(
            user + ["bash", "-ec", "cd /tmp; \(script)"],
            environment: ["PATH": path],
            within: .seconds(60)
        )
        guard code == 0 else { throw ProcessFailure(description: output) }
    }
}
