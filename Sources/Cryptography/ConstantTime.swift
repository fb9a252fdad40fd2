import COpenSSL

/// Compares secrets in a time that tells nothing of where they differ.
///
/// Only the lengths may show.
public func constantTimeEquals(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
}
