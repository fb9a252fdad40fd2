import Foundation

/// Certificates made once per test run: authorities A and B, and servers signed by A.
struct TestCertificates {
    let directory: String
    let authorityA: String
    let authorityB: String

    private static let script = #"""
        set -e
        key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
        for name in a b; do
          key "$name"
          openssl req -x509 -new -key "$name.key" -days 30 -subj "/CN=authority $name" -out "$name.crt" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
        done
        cat > ca.cnf <<'CNF'
        [ca]
        default_ca = c
        [c]
        database = index.txt
        new_certs_dir = .
        rand_serial = yes
        default_md = sha256
        policy = p
        copy_extensions = copy
        unique_subject = no
        [p]
        commonName = supplied
        CNF
        : > index.txt
        server() {
          key "$1"
          openssl req -new -key "$1.key" -subj "/CN=$1" -addext "subjectAltName=$2" -out "$1.csr"
          openssl ca -batch -notext -config ca.cnf -cert a.crt -keyfile a.key -in "$1.csr" -out "$1.crt" \
            -startdate "$3" -enddate "$4"
          cat "$1.key" "$1.crt" > "$1.pem"
        }
        server good DNS:localhost,IP:127.0.0.1 20200101000000Z 20400101000000Z
        server other-name DNS:elsewhere.example 20200101000000Z 20400101000000Z
        server expired DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z
        """#

    init() throws {
        directory =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("http-client-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.script]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw TestServerError(message: "openssl: \(String(decoding: text, as: UTF8.self))")
        }
        authorityA = try String(contentsOfFile: "\(directory)/a.crt", encoding: .utf8)
        authorityB = try String(contentsOfFile: "\(directory)/b.crt", encoding: .utf8)
    }
}

struct TestServerError: Error { let message: String }
