import Crypto
import FoundationEssentials

/// `t=1700000000,v1=…`: the time of the signature, and the hexadecimal HMAC-SHA256 of it, a full stop and the body.
struct WebhookSignature: Sendable {
    /// What a receiver makes of a request.
    enum Verdict: String, Sendable {
        case verified
        /// Nobody has said what it should be signed with.
        case noSecret = "no_secret"
        case missing
        case unreadable
        /// What was sent long ago may be a repetition by somebody else.
        case tooOld = "too_old"
        case wrong
    }

    static let header = "X-CloudOptim-Signature"
    /// So many seconds may lie between signing and receiving.
    static let tolerance = 300.0

    /// Judges a request.
    ///
    /// - Parameters:
    ///   - field: What the header says.
    ///   - body: As received.
    ///   - secret: What senders sign with.
    ///   - now: Seconds since 1970.
    /// - Returns: The verdict.
    static func verdict(_ field: String?, body: [UInt8], secret: String?, at now: Double) -> Verdict {
        guard let secret else { return .noSecret }
        guard let field else { return .missing }
        var parts: [Substring: Substring] = [:]
        for part in field.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parts[pair[0]] = pair[1] }
        }
        guard let text = parts["t"], let time = Double(text), let code = parts["v1"].flatMap(bytes) else {
            return .unreadable
        }
        let isRight = HMAC<SHA256>.isValidAuthenticationCode(
            code,
            authenticating: Array("\(text).".utf8) + body,
            using: SymmetricKey(data: Array(secret.utf8))
        )
        guard isRight else { return .wrong }
        return abs(now - time) <= tolerance ? .verified : .tooOld
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        var digits: [Int] = []
        for character in text {
            guard let digit = character.hexDigitValue else { return nil }
            digits.append(digit)
        }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            bytes.append(UInt8(digits[index] << 4 | digits[index + 1]))
        }
        return bytes
    }
}
