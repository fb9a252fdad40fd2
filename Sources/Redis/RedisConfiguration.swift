/// Where a Redis server is, who we are to it, and how long we wait.
public struct RedisConfiguration: Sendable {
    /// How a TLS connection checks the server.
    public struct TLS: Equatable, Sendable {
        /// A PEM file of the authorities to trust instead of the system's; nil for the system's.
        public var certificateAuthorityFile: String?

        /// Makes TLS settings.
        ///
        /// - Parameter certificateAuthorityFile: A PEM file of the authorities to trust; nil for the system's.
        public init(certificateAuthorityFile: String? = nil) {
            self.certificateAuthorityFile = certificateAuthorityFile
        }
    }

    /// A host name or an address; over TLS it must be in the server's certificate.
    public var host: String

    /// The TCP port.
    public var port: Int

    /// The ACL user; nil for the default user.
    public var username: String?

    /// The password; nil to send no `AUTH`.
    public var password: String?

    /// The database selected after connecting.
    public var database: Int

    /// TLS settings; nil for plain TCP.
    public var tls: TLS?

    /// The limit for name look-up, connecting, TLS and signing in together.
    public var connectTimeout: Duration = .seconds(3)

    /// The limit for each command, from its submission to its reply.
    public var commandTimeout: Duration = .seconds(5)

    /// The name shown by `CLIENT LIST`; letters, digits and `-_.:` only.
    public var clientName: String?

    /// How many commands may wait for their replies at once; more are refused with `overloaded`.
    public var maximumPendingCommands = 100_000

    /// How many bytes may wait to be written at once; more are refused with `overloaded`.
    public var maximumPendingBytes = 64 << 20

    /// The longest reply accepted, in bytes; Redis itself stops at 512 MiB.
    public var maximumReplyBytes = 512 << 20

    /// How many connections ``RedisClient/blocking(_:timeout:)`` may use at once.
    public var maximumBlockingConnections = 16

    /// The pause before a second attempt to connect; it doubles from there, with jitter.
    public var reconnectBase: Duration = .milliseconds(50)

    /// The longest pause between two attempts to connect.
    public var reconnectCap: Duration = .seconds(2)

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - host: A host name or an address.
    ///   - port: The TCP port.
    ///   - username: The ACL user; nil for the default user.
    ///   - password: The password; nil to send no `AUTH`.
    ///   - database: The database to select.
    ///   - tls: TLS settings; nil for plain TCP.
    public init(
        host: String,
        port: Int = 6379,
        username: String? = nil,
        password: String? = nil,
        database: Int = 0,
        tls: TLS? = nil
    ) {
        self.host = host
        self.port = port
        self.username = username
        self.password = password
        self.database = database
        self.tls = tls
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomReflectable {
    /// The address without user and password.
    public var description: String {
        let address = host.contains(":") ? "[\(host)]" : host
        return "\(tls == nil ? "redis" : "rediss")://\(address):\(port)/\(database)"
    }

    /// The address only, so that dumping a configuration shows no secret.
    public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
