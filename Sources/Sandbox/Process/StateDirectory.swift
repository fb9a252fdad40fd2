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

    /// The external id that the customer's role trusts, if one was ever said.
    var externalID: String? { read("external-id") }

    /// Keeps the external id, so that sessions go on after a restart.
    func keep(externalID: String) throws { try write(externalID, to: "external-id", mode: 0o600) }

    /// Writes `aws.json`: how to call the simulated AWS, and what a customer registers.
    func write(_ account: CustomerAccount, port: Int) throws {
        let key = account.keys.fleet
        let body: JSON = [
            "endpoint": "http://127.0.0.1:\(port)",
            "access_key_id": .string(key.id),
            "secret_access_key": .string(key.secret),
            "region": .string(CustomerAccount.queueRegion),
            "account": .string(CustomerAccount.id),
            "role_arn": .string(CustomerAccount.roleARN),
            "queue_url": .string(CustomerAccount.queueURL),
        ]
        try write(String(decoding: body.bytes, as: UTF8.self), to: "aws.json", mode: 0o600)
    }

    /// Writes `clusters.json`: name, endpoint, secret token, region, number of nodes and launch template of each, and a
    /// deployment that may be scaled.
    func write(_ fleet: Fleet, port: Int) throws {
        let list = JSON.array(
            fleet.clusters.map { cluster in
                let deployment = cluster.model.workloads.first { workload in
                    workload.owner.kind == "ReplicaSet" && !workload.hasAutoscaler && !workload.isMisfit
                }
                return [
                    "name": .string(cluster.model.name),
                    "endpoint": "https://127.0.0.1:\(port)/clusters/\(cluster.model.number)",
                    "token": .string(cluster.token),
                    "region": .string(cluster.model.region),
                    "nodes": .number(cluster.model.nodes.count),
                    "launch_template_id": .string(cluster.model.network.templateID),
                    "deployment": deployment.map { workload in
                        [
                            "namespace": .string(workload.namespace), "name": .string(workload.application),
                            "replicas": .number(workload.replicas),
                        ]
                    } ?? .null,
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
