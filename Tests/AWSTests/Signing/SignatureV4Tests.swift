import AWS
import Foundation
import Testing

/// The published vectors.
///
/// https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4
struct SignatureV4Tests {
    /// A request of the suite and its signatures, in the header and in the query.
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: SignableRequest
        var token: String?
        let header: String
        let query: String

        init(
            _ name: String,
            _ method: String = "GET",
            path: String = "/",
            query: [(String, String)] = [],
            headers: [(String, String)] = [],
            token: String? = nil,
            inHeader: String,
            inQuery: String
        ) {
            testDescription = name
            request = SignableRequest(
                method: method,
                path: path,
                query: query,
                headers: headers + [("Host", "example.amazonaws.com")]
            )
            self.token = token
            header = inHeader
            self.query = inQuery
        }
    }

    private static let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    static let vectors = [
        Vector(
            "get-vanilla",
            inHeader: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            inQuery: "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"
        ),
        Vector(
            "get-vanilla-query-order-key-case",
            query: [("Param2", "value2"), ("Param1", "value1")],
            inHeader: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            inQuery: "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5"
        ),
        Vector(
            "get-vanilla-query-order-encoded",
            query: [("Param-3", "Value3"), ("Param", "Value2"), ("\u{1234}", "Value1")],
            inHeader: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
            inQuery: "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787"
        ),
        Vector(
            "get-vanilla-query-unreserved",
            query: [(unreserved, unreserved)],
            inHeader: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
            inQuery: "8e76a88a7433637b12778d5592799b29ad21ecd6cf6325051c21d86f0acda2bf"
        ),
        Vector(
            "get-vanilla-utf8-query",
            query: [("\u{1234}", "bar")],
            inHeader: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
            inQuery: "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600"
        ),
        Vector(
            "get-vanilla-empty-query-key",
            query: [("Param1", "value1")],
            inHeader: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
            inQuery: "49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de"
        ),
        Vector(
            "get-utf8",
            path: "/\u{1234}",
            inHeader: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
            inQuery: "10eae3f14a260bd3911cc6d008d3c576d143b05b62f09782a7a4b37f52178e44"
        ),
        Vector(
            "get-space",
            path: "/example space/",
            inHeader: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
            inQuery: "7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6"
        ),
        Vector(
            "get-unreserved",
            path: "/" + unreserved,
            inHeader: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
            inQuery: "95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005"
        ),
        Vector(
            "get-header-value-trim",
            headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            inHeader: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            inQuery: "e7bb0fd515e125e1aec2ecc4c0c17484fb06f6846b927c35e46005dd3df3acd4"
        ),
        Vector(
            "get-header-key-duplicate",
            headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
            inHeader: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
            inQuery: "3349ee0b81b4b589da0ff28a395c3591e04de515651dd74f298fa992d1507a97"
        ),
        Vector(
            "get-header-value-order",
            headers: [
                ("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3"),
                ("My-Header1", "value2"),
            ],
            inHeader: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
            inQuery: "313720e71ca6202fdcfa9b20f88de01a4eb0638a83c833b1c184359a4eda864e"
        ),
        Vector(
            "get-header-value-multiline",
            headers: [("My-Header1", "value1\n  value2\n     value3")],
            inHeader: "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd",
            inQuery: "e6f5def831211aca02987a44b96826706278c7bc078112ae0263659c5b2f2d56"
        ),
        Vector(
            "get-vanilla-with-session-token",
            token: "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
            inHeader: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
            inQuery: "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c"
        ),
        Vector(
            "post-sts-header-before",
            "POST",
            token:
                "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoI"
                + "YRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp"
                + "75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9F"
                + "X9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==",
            inHeader: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            inQuery: "46c2e3c63c1dbe7d39f8ada16fe7f001c1f56c5791441565323677f96308871c"
        ),
        Vector(
            "post-vanilla",
            "POST",
            inHeader: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            inQuery: "2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b"
        ),
        Vector(
            "post-vanilla-query",
            "POST",
            query: [("Param1", "value1")],
            inHeader: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
            inQuery: "a9ef26247f293bffe40eeff86a0480ba8c14d31503b2e0c3399e3a16bf1a3682"
        ),
        Vector(
            "post-header-value-case",
            "POST",
            headers: [("My-Header1", "VALUE1")],
            inHeader: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
            inQuery: "0698bc9e4f7f9139065ba2909c0e99da257e8e2a42492a097bcd46d792391fed"
        ),
    ]

    /// 30 August 2015, 12:36 UTC.
    private let date = Date(timeIntervalSince1970: 1_440_938_160)

    private func signer(_ token: String? = nil) -> SignatureV4 {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            sessionToken: token
        )
        return SignatureV4(credentials: credentials, region: "us-east-1", service: "service")
    }

    private func authorization(_ request: SignableRequest, token: String? = nil) throws -> String {
        let headers = signer(token).headers(for: request, at: date)
        return try #require(headers.first { $0.0 == "Authorization" }).1
    }

    @Test(arguments: vectors) func signsInTheHeader(vector: Vector) throws {
        let authorization = try authorization(vector.request, token: vector.token)
        #expect(authorization.hasSuffix(", Signature=\(vector.header)"))
        let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        #expect(authorization.hasPrefix(scope + "SignedHeaders=host;"))
    }

    @Test(arguments: vectors) func signsInTheQuery(vector: Vector) {
        let query = signer(vector.token).presignedQuery(for: vector.request, at: date, lifetime: 3600)
        #expect(query.hasSuffix("&X-Amz-Signature=\(vector.query)"))
    }

    @Test(arguments: [
        (
            "application/x-www-form-urlencoded",
            "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"
        ),
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"
        ),
    ])
    func signsABody(contentType: String, signature: String) throws {
        let request = SignableRequest(
            method: "POST",
            headers: [
                ("Content-Type", contentType), ("Host", "example.amazonaws.com"), ("Content-Length", "13"),
                (
                    "X-Amz-Content-Sha256",
                    "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
                ),
            ],
            body: Array("Param1=value1".utf8)
        )
        #expect(try authorization(request).hasSuffix("Signature=\(signature)"))
    }

    @Test func canonicalFormIsThePublishedOne() {
        let request = SignableRequest(
            method: "GET",
            query: [("Param2", "value2"), ("Param1", "value1")],
            headers: [("X-Amz-Date", "20150830T123600Z"), ("Host", "example.amazonaws.com")]
        )
        let expected = """
            GET
            /
            Param1=value1&Param2=value2
            host:example.amazonaws.com
            x-amz-date:20150830T123600Z

            host;x-amz-date
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            """
        #expect(request.canonical == expected)
    }

    @Test func credentialsAreNeverShown() {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "hidden",
            sessionToken: "hidden"
        )
        for text in ["\(credentials)", String(reflecting: credentials), "\([credentials])"] {
            #expect(!text.contains("hidden"))
            #expect(!text.contains("AKID"))
        }
        var dumped = ""
        dump(credentials, to: &dumped)
        #expect(!dumped.contains("hidden"))
    }
}
