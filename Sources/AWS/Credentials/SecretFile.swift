internal import FoundationEssentials

/// A small file with a token in it.
enum SecretFile {
    /// Reads a file that is in memory or nearly so: a projected volume.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - variable: Which variable names it, for the error.
    /// - Returns: The token, without white space around it.
    /// - Throws: ``AWSError`` with code `noCredentials`.
    static func read(_ path: String, for variable: String) throws(AWSError) -> String {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 10 else {
            // Another process may be about to write it.
            throw AWSError(.noCredentials, "the file of \(variable) cannot be read")
        }
        let token = String(decoding: data, as: UTF8.self).trimmed
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) || $0 == 0x20 }) else {
            throw AWSError(.noCredentials, "the file of \(variable) holds no token")
        }
        return token
    }
}
