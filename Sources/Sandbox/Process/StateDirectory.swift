import FoundationEssentials
import Glibc

/// Where the sandbox keeps what must outlive it, and tells others how to reach its clusters.
struct StateDirectory: Sendable {
    /// What could not be done with a file.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    /// Makes the directory if need be.
    init(path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The authority kept here, or a new one that is kept from now on.
    func authority() throws -> CertificateAuthority {
        if let key = read("ca.key"), let certificate = read("ca.crt") {
            return try CertificateAuthority(key: key, certificate: certificate)
        }
        let authority = try CertificateAuthority()
        try write(authority.keyPEM, to: "ca.key", mode: 0o600)
        try write(authority.certificatePEM, to: "ca.crt", mode: 0o644)
        return authority
    }

    /// Writes `clusters.json`: name, endpoint, secret token, region and number of nodes of each.
    func write(_ fleet: Fleet, port: Int) throws {
        let list = JSON.array(
            fleet.clusters.map { cluster in
                [
                    "name": .string(cluster.model.name),
                    "endpoint": "https://127.0.0.1:\(port)/clusters/\(cluster.model.number)",
                    "token": .string(cluster.token),
                    "region": .string(cluster.model.region),
                    "nodes": .number(cluster.model.nodes.count),
                ]
            }
        )
        try write(String(decoding: list.bytes, as: UTF8.self), to: "clusters.json", mode: 0o600)
    }

    private func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes a file whole or not at all, never readable by others for a moment.
    private func write(_ text: String, to name: String, mode: mode_t) throws {
        let target = "\(path)/\(name)"
        let temporary = target + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw Failure(description: "\(temporary) can't be made: errno \(errno)")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, rename(temporary, target) == 0
        else {
            throw Failure(description: "\(target) can't be written: errno \(errno)")
        }
    }
}
