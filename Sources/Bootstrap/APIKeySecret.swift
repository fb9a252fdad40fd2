import Cryptography

/// A new API key.
///
/// The text is shown once and kept nowhere.
public struct APIKeySecret: Sendable {
    /// What the client sends.
    public let text: String

    /// Makes a key of 32 random bytes.
    public static func generate() throws -> APIKeySecret {
        APIKeySecret(text: "co_" + Base64.encodeURL(try SecureRandom.bytes(32)))
    }

    /// Takes a key that somebody else made.
    ///
    /// - Parameter text: As it will be sent; shorter than 20 characters can be guessed and gives nil.
    public init?(given text: String) {
        guard text.utf8.count >= 20 else { return nil }
        self.text = text
    }

    private init(text: String) {
        self.text = text
    }

    /// What it is recognised by in lists.
    public var prefix: String { String(text.prefix(8)) }
    /// What is kept of it.
    public var hash: [UInt8] { SHA256Digest.hash(text.utf8) }
}
