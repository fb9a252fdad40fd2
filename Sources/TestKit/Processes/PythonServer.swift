import Foundation

/// A server of a test's own, whose answers are a script for the Python interpreter.
///
/// The script defines `Handler`, an `http.server.BaseHTTPRequestHandler`; it is served by a thread for each
/// connection. The server ends with the tests' process.
public final class PythonServer: Sendable {
    /// What clients have to trust, in PEM; empty without encryption.
    public let authority: String
    /// Where it listens, on `localhost`.
    public let port: Int
    private let input: Pipe

    /// Starts one.
    ///
    /// - Parameters:
    ///   - script: Python 3, its standard library only.
    ///   - arguments: What the script finds in `sys.argv[3:]`.
    ///   - isEncrypted: Whether it speaks TLS.
    /// - Throws: ``ProcessFailure`` if it does not start.
    public init(_ script: String, arguments: [String] = [], isEncrypted: Bool = true) throws {
        let directory = try TemporaryDirectory()
        let (key, certificate) = ("\(directory.path)/key", "\(directory.path)/crt")
        authority = isEncrypted ? try Self.certify(key: key, certificate: certificate) : ""
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", "-c", script + "\n" + Self.serving]
            + (isEncrypted ? [certificate, key] : ["", ""]) + arguments
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.drop { $0.isWhitespace }.prefix { $0.isNumber }) else {
            throw ProcessFailure(description: "the Python server did not start")
        }
        self.port = port
    }

    /// Makes a key and its certificate for `localhost`.
    private static func certify(key: String, certificate: String) throws -> String {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "30", "-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
            "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        return try String(contentsOfFile: certificate, encoding: .utf8)
    }

    /// Listens, prints the port, and ends with the input.
    private static let serving = #"""
        import http.server, os, ssl, sys, threading

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            def handle_error(self, *_):
                pass

        server = Server(("127.0.0.1", 0), Handler)
        if sys.argv[1]:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(sys.argv[1], sys.argv[2])
            # In the handshake of each connection's own thread, not in the one that accepts.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        os._exit(0)
        """#
}
