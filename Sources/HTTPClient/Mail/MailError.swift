/// Why a server did not take a mail.
public struct MailError: Error, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable, CaseIterable {
        /// The server could not be reached, or broke off.
        case unreachable
        /// No end in time.
        case timedOut
        /// There is no encryption, or the certificate is not acceptable.
        case notEncrypted
        /// Our name or password is wrong.
        case notSignedIn
        /// The server refuses for now (4xx): greylisting, a full mailbox.
        case postponed
        /// The server refuses for good (5xx): there is no such address.
        case refused
        /// The sender or receiver is no address that can be sent.
        case invalidAddress
        /// Anything else.
        case other
    }

    /// What went wrong.
    public let code: Code
    /// A sentence for people, without credentials or contents.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same mail may be taken later.
    public var isRetryable: Bool {
        switch code {
        case .unreachable, .timedOut, .notEncrypted, .notSignedIn, .postponed, .other: true
        case .refused, .invalidAddress: false
        }
    }

    /// Code and message.
    public var description: String { "\(code.rawValue): \(message)" }
}
