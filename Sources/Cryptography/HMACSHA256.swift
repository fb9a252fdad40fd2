import COpenSSL

/// A keyed hash (RFC 2104 with SHA-256).
public enum HMACSHA256 {
    /// Thirty-two bytes that only who has the key can make.
    public static func authenticationCode(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        // A null key means "the last one" to OpenSSL, so an empty one needs an address.
        let bytes = key.isEmpty ? [0] : key
        let result = HMAC(EVP_sha256(), bytes, CInt(key.count), message, message.count, &code, nil)
        precondition(result != nil, "OpenSSL has no HMAC")
        return code
    }

    /// Whether the code belongs to the message, found out in constant time.
    public static func isValid(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        constantTimeEquals(code, authenticationCode(for: message, key: key))
    }
}
