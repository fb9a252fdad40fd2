import Crypto
import FoundationEssentials

/// A request with a signature of version 4, as far as checking it takes.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
struct SignedRequest: Sendable {
    let keyID: String
    let region: String
    let service: String
    private let date: String
    private let signedHeaders: [String]
    private let signature: String

    /// Reads the field `Authorization`.
    ///
    /// - Throws: ``AWSFault`` if there is none, or it cannot be read.
    init(_ authorization: String?) throws(AWSFault) {
        guard let authorization else { throw .unsigned }
        let algorithm = "AWS4-HMAC-SHA256"
        guard authorization.hasPrefix(algorithm) else {
            throw .incompleteSignature("the algorithm is not \(algorithm)")
        }
        var fields: [String: String] = [:]
        for part in authorization.dropFirst(algorithm.count).split(separator: ",") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[String(pair[0])] = String(pair[1]) }
        }
        guard let credential = fields["Credential"], let headers = fields["SignedHeaders"],
            let signature = fields["Signature"]
        else {
            throw .incompleteSignature("Authorization header requires Credential, SignedHeaders, Signature")
        }
        let scope = credential.split(separator: "/").map(String.init)
        guard scope.count == 5, scope[4] == "aws4_request" else {
            throw .incompleteSignature("the credential has no scope")
        }
        keyID = scope[0]
        date = scope[1]
        region = scope[2]
        service = scope[3]
        signedHeaders = headers.split(separator: ";").map(String.init)
        self.signature = signature
    }

    /// Checks the signature.
    ///
    /// - Parameters:
    ///   - secret: The key's.
    ///   - method: Of the request.
    ///   - path: As sent.
    ///   - headers: By lower-case names.
    ///   - body: The whole.
    ///   - now: Seconds since 1970; the signature must be of about that time.
    /// - Throws: ``AWSFault`` if it is another's, or too old.
    func check(
        _ secret: String,
        method: String,
        path: String,
        headers: [String: String],
        body: [UInt8],
        at now: Double
    ) throws(AWSFault) {
        guard let time = headers["x-amz-date"], time.hasPrefix(date), signedHeaders.contains("host") else {
            throw .incompleteSignature("the date or the host is not signed")
        }
        guard let signedAt = Self.seconds(time), abs(now - signedAt) <= 300 else {
            throw AWSFault(
                code: "RequestExpired",
                message: "Signature expired or not yet current: \(time)"
            )
        }
        let lines = signedHeaders.map { name in
            let words = (headers[name] ?? "").split { $0 == " " || $0 == "\t" }
            return "\(name):\(words.joined(separator: " "))\n"
        }
        let canonical = [
            method, path.isEmpty ? "/" : path, "", lines.joined(), signedHeaders.joined(separator: ";"),
            Hexadecimal.text(SHA256.hash(data: body)),
        ].joined(separator: "\n")
        let scope = "\(date)/\(region)/\(service)/aws4_request"
        let text = [
            "AWS4-HMAC-SHA256", time, scope, Hexadecimal.text(SHA256.hash(data: Array(canonical.utf8))),
        ].joined(separator: "\n")
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [date, region, service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        let expected = Hexadecimal.text(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
        guard expected == signature else { throw .wrongSignature }
    }

    /// `20150830T123600Z` in seconds since 1970.
    private static func seconds(_ text: String) -> Double? {
        let digits = Array(text)
        guard digits.count == 16 else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        let rfc =
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
        return (try? Date(rfc, strategy: .iso8601))?.timeIntervalSince1970
    }
}
