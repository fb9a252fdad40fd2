import COpenSSL

/// A SHA-256 (FIPS 180-4), at once or piece by piece.
///
/// ```swift
/// var digest = SHA256Digest()
/// digest.update(head)
/// digest.update(body)
/// let hash = digest.finalize()
/// ```
public struct SHA256Digest: ~Copyable {
    /// The number of bytes of a hash.
    public static let byteCount = 32

    private let context: OpaquePointer

    /// Begins a hash.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            // OpenSSL's own SHA-256 fails only when there is no memory.
            preconditionFailure("OpenSSL has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes more bytes.
    public mutating func update(_ bytes: some Collection<UInt8>) {
        let isTaken = bytes.withContiguousStorageIfAvailable {
            EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        }
        if let isTaken {
            precondition(isTaken == 1, "SHA-256 was finished")
        } else {
            update(Array(bytes))
        }
    }

    /// Ends the hash.
    ///
    /// - Returns: Thirty-two bytes.
    public consuming func finalize() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: Self.byteCount)
        let code = EVP_DigestFinal_ex(context, &hash, nil)
        precondition(code == 1, "SHA-256 was finished")
        return hash
    }

    /// The hash of bytes that are all there.
    public static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var digest = SHA256Digest()
        digest.update(bytes)
        return digest.finalize()
    }
}
