import SwiftASN1
import Testing
import X509

@testable import Sandbox

@Suite("Certificate authority") struct CertificateAuthorityTests {
    @Test func signsAChainThatValidates() async throws {
        let authority = try CertificateAuthority()
        let server = try Certificate(pemEncoded: try authority.issueServerIdentity().certificate)
        let authorityRead = try Certificate(pemEncoded: try authority.certificatePEM)
        var verifier = Verifier(rootCertificates: CertificateStore([authorityRead])) {
            RFC5280Policy()
        }
        guard
            case .validCertificate(let chain) = await verifier.validate(
                leaf: server,
                intermediates: CertificateStore()
            )
        else {
            Issue.record("the chain does not validate")
            return
        }
        #expect(chain.count == 2)

        let other = try CertificateAuthority()
        var stranger = Verifier(rootCertificates: CertificateStore([other.certificate])) { RFC5280Policy() }
        guard
            case .couldNotValidate = await stranger.validate(leaf: server, intermediates: CertificateStore())
        else {
            Issue.record("another authority's chain validates")
            return
        }
    }

    @Test func survivesARestart() throws {
        let first = try CertificateAuthority()
        let second = try CertificateAuthority(key: first.keyPEM, certificate: try first.certificatePEM)
        #expect(try second.certificatePEM == first.certificatePEM)
        #expect(second.token(for: "a") == first.token(for: "a"))
        #expect(second.token(for: "a") != second.token(for: "b"))
        #expect(try CertificateAuthority().token(for: "a") != first.token(for: "a"))
    }
}
