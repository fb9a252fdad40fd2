import COpenSSL

/// A Lua script, known to the server by the SHA-1 of its source.
public struct RedisScript: Sendable {
    /// A name for logs and errors.
    public let name: String

    /// The Lua source.
    public let source: String

    /// The SHA-1 of the source in lower-case hexadecimal, as `EVALSHA` wants it.
    public let sha1: String

    /// Makes a script and computes its ``sha1`` once.
    ///
    /// - Parameters:
    ///   - name: A name for logs and errors.
    ///   - source: The Lua source.
    public init(name: String, source: String) {
        self.name = name
        self.source = source
        sha1 = Self.hexadecimalSHA1(of: Array(source.utf8))
    }

    /// The command that runs the script by its SHA-1; answered with `NOSCRIPT` by a server that lost it.
    ///
    /// - Parameters:
    ///   - keys: The keys the script touches (`KEYS`).
    ///   - arguments: Its other arguments (`ARGV`).
    /// - Returns: An `EVALSHA` command, for a pipeline.
    public func command(keys: [RedisArgument], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVALSHA", [.string(sha1), .integer(Int64(keys.count))] + keys + arguments)
    }

    /// The command that runs the script by its source, and loads it by doing so.
    func loadingCommand(keys: [RedisArgument], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVAL", [.string(source), .integer(Int64(keys.count))] + keys + arguments)
    }

    private static func hexadecimalSHA1(of bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        _ = SHA1(bytes, bytes.count, &digest)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }
}
