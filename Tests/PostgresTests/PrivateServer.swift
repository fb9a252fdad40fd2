import Foundation
import Postgres
import Testing

/// A PostgreSQL server of a test's own, to be killed, restarted, and given certificates.
///
/// The server refuses to run as root; as root it runs as the user `postgres`.
final class PrivateServer: Sendable {
    let port: Int
    private let directory: String
    private let programs: String

    init() async throws {
        let root = "/usr/lib/postgresql"
        let versions = try FileManager.default.contentsOfDirectory(atPath: root).sorted {
            $0.compare($1, options: .numeric) == .orderedAscending
        }
        programs = "\(root)/\(try #require(versions.last, "needs PostgreSQL's server programs"))/bin"
        directory = "/tmp/\(TestDatabase.uniqueName("postgres_tests"))"
        port = try Self.freePort()
        try await Self.run(
            """
            mkdir -m 755 \(directory) && cd \(directory) && \(programs)/initdb -D data -U owner -A trust --no-sync >initdb.log
            cat >data/pg_hba.conf <<END
            local all all trust
            host all guarded 127.0.0.1/32 scram-sha-256
            host all all 127.0.0.1/32 trust
            END
            cat >>data/postgresql.conf <<END
            port = \(port)
            listen_addresses = '127.0.0.1'
            unix_socket_directories = '\(directory)'
            fsync = off
            END
            """
        )
    }

    /// Gives the body a server of its own, which is removed afterwards.
    static func with(_ body: (PrivateServer) async throws -> Void) async throws {
        let server = try await PrivateServer()
        defer { server.remove() }
        try await body(server)
    }

    /// Does not wait: the server ends when its directory is gone, or by the signal before that.
    private func remove() {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "kill -QUIT $(head -n 1 \(directory)/data/postmaster.pid); rm -rf \(directory)",
        ]
        process.standardError = FileHandle.nullDevice
        // What is left behind is of no interest to the test.
        try? process.run()
    }

    var url: String { "postgres://owner@127.0.0.1:\(port)/postgres" }

    func start() async throws {
        // Process learns of an end by a descriptor that children inherit: the server must not keep it.
        try await Self.run(
            """
            (
                for descriptor in /proc/$BASHPID/fd/*; do
                    number=${descriptor##*/}
                    if ((number > 2)); then eval "exec $number>&-"; fi
                done
                exec \(programs)/pg_ctl -D \(directory)/data -w -t 30 -l \(directory)/server.log start >/dev/null
            )
            """
        )
    }

    /// Ends all processes at once, as a crash would.
    func kill() async throws {
        try await Self.run("\(programs)/pg_ctl -D \(directory)/data -w -t 30 -m immediate stop >/dev/null")
    }

    /// Makes two authorities and a certificate for `localhost` signed by the first.
    ///
    /// Before the start.
    ///
    /// - Returns: The paths of the authorities' certificates, the right one and the wrong one.
    func enableTLS() async throws -> (right: String, wrong: String) {
        try await Self.run(
            """
            cd \(directory)
            for ca in right wrong; do
                openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$ca" -keyout $ca.key -out $ca.crt
            done 2>openssl.log
            openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout data/server.key -out server.csr 2>>openssl.log
            echo subjectAltName=DNS:localhost >server.ext
            openssl x509 -req -in server.csr -CA right.crt -CAkey right.key -CAcreateserial -days 2 \
                -extfile server.ext -out data/server.crt 2>>openssl.log
            chmod 600 data/server.key
            echo "ssl = on" >>data/postgresql.conf
            """
        )
        return ("\(directory)/right.crt", "\(directory)/wrong.crt")
    }

    private static func run(_ script: String) async throws {
        let process = Process()
        let isRoot = getuid() == 0
        process.executableURL = URL(fileURLWithPath: isRoot ? "/usr/sbin/runuser" : "/bin/bash")
        process.arguments = (isRoot ? ["-u", "postgres", "--", "/bin/bash"] : []) + ["-ec", script]
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        // No pipe: a server started by another test would inherit it and keep it open.
        process.standardOutput = FileHandle.nullDevice
        // Waiting for it here would block a thread that other tests need.
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(status == 0, "\(script)")
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        try #require(code == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
