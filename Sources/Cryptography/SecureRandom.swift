import COpenSSL

/// Bytes nobody can guess.
public enum SecureRandom {
    /// Draws bytes from OpenSSL's generator, which the system seeds.
    ///
    /// - Throws: ``CryptographyError`` with code `engine` if the system has no randomness to give.
    public static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        precondition(count >= 0 && count <= Int(CInt.max), "a count of \(count) random bytes")
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, CInt(count)) == 1 else {
            throw CryptographyError(code: .engine, message: "no random bytes")
        }
        return bytes
    }
}
