import AWS
import Cryptography
import Foundation
import Testing

struct EKSTokenTests {
    /// 2 January 2026, 03:04:05 UTC.
    private let date = Date(timeIntervalSince1970: 1_767_323_045)

    private func token(_ session: String? = nil, expiration: Date? = nil) throws -> EKSToken {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            sessionToken: session,
            expiration: expiration
        )
        return EKSToken(
            clusterName: "shop",
            region: try "eu-central-1".region,
            credentials: credentials,
            at: date
        )
    }

    /// The signatures are those of botocore for the same URL.
    @Test(arguments: [
        (nil, "4f92dafcde9e18995e3e64325ef2ab31ebde5c196dd7975ab88f891ff8ee2db6"),
        ("session/token+with=signs", "6dd479a2b7567f677cd389b2251468281f6a20f0ae41ad2d1cf92955d1a92c2b"),
    ])
    func isASignedURLForSTS(session: String?, signature: String) throws {
        let secret = try token(session).secret
        #expect(secret.hasPrefix("k8s-aws-v1."))
        #expect(!secret.contains("="))
        let bytes = try #require(Base64.decodeURL(String(secret.dropFirst(11))))
        let url = String(decoding: bytes, as: UTF8.self)
        #expect(url.hasPrefix("https://sts.eu-central-1.amazonaws.com/?"))
        let query = Set(url.split(separator: "?")[1].split(separator: "&").map(String.init))
        #expect(
            query.isSuperset(of: [
                "Action=GetCallerIdentity", "Version=2011-06-15", "X-Amz-Expires=60",
                "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id", "X-Amz-Date=20260102T030405Z",
                "X-Amz-Signature=\(signature)",
            ])
        )
    }

    @Test func endsBeforeTheClusterRefusesIt() throws {
        #expect(try token().expiration == date.addingTimeInterval(840))
        let soon = date.addingTimeInterval(100)
        #expect(try token(expiration: soon).expiration == soon)
        #expect(try token(expiration: soon).lifetime == .seconds(100))
    }

    @Test func isNeverShown() throws {
        let token = try token()
        #expect("\(token)" == "(token)")
        #expect(!String(reflecting: token).contains("k8s"))
    }
}
