import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// The private authority that the simulated clusters' certificate is signed by.
///
/// Its key is kept with the state, so that clusters registered once stay valid when the sandbox starts again.
struct CertificateAuthority: Sendable {
    let key: P256.Signing.PrivateKey
    let certificate: Certificate

    /// A certificate with its key, in PEM.
    struct Identity: Sendable {
        let certificate: String
        let key: String
    }

    /// Makes a new authority, good for ten years.
    init() throws {
        key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("CloudOptim sandbox CA") }
        certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(key.publicKey),
            notValidBefore: Date().addingTimeInterval(-3600),
            notValidAfter: Date().addingTimeInterval(10 * 365 * 86400),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: .init {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: .init(key)
        )
    }

    /// Takes up an authority that was made before.
    init(key: String, certificate: String) throws {
        self.key = try P256.Signing.PrivateKey(pemRepresentation: key)
        self.certificate = try Certificate(pemEncoded: certificate)
    }

    var keyPEM: String { key.pemRepresentation }

    var certificatePEM: String {
        get throws { try certificate.serializeAsPEM().pemString + "\n" }
    }

    /// Signs a new certificate for this machine's loopback addresses.
    func issueServerIdentity() throws -> Identity {
        let serverKey = P256.Signing.PrivateKey()
        let server = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(serverKey.publicKey),
            notValidBefore: Date().addingTimeInterval(-3600),
            notValidAfter: Date().addingTimeInterval(365 * 86400),
            issuer: certificate.subject,
            subject: DistinguishedName { CommonName("CloudOptim sandbox") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: .init {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"),
                    .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(
                        ASN1OctetString(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
                    ),
                ])
            },
            issuerPrivateKey: .init(key)
        )
        return Identity(
            certificate: try server.serializeAsPEM().pemString + "\n",
            key: serverKey.pemRepresentation
        )
    }

    /// A cluster's bearer token: secret, and the same whenever the authority is.
    func token(for cluster: String) -> String {
        "sandbox-" + Hexadecimal.text(code(of: "token of \(cluster)"))
    }

    /// The access keys of the simulated account: the same whenever the authority is.
    var keyRing: KeyRing { KeyRing(secret: code(of: "access keys")) }

    private func code(of purpose: String) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: Array(purpose.utf8),
                using: SymmetricKey(data: key.rawRepresentation)
            )
        )
    }
}
