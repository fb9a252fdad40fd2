/// What went wrong with keys or sealed data.
///
/// Never holds a key or a plaintext.
public struct CryptographyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure; what callers branch on.
    public enum Code: String, Sendable {
        /// The text of keys cannot be used.
        case invalidKey
        /// The sealed data is not of a form we know.
        case malformed
        /// The sealed data names a key that is not in the ring.
        case unknownKey
        /// The data, its associated data or its key is not what was sealed.
        case notAuthentic
        /// OpenSSL refused to work.
        case engine
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence.
    public let message: String

    /// The same call again will fail again, but for the engine's failures.
    public var isRetryable: Bool { code == .engine }

    /// The code and the message.
    public var description: String { "cryptography.\(code.rawValue) \(message)" }
}
