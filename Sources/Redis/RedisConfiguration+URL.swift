extension RedisConfiguration {
    /// Reads a configuration from a URL.
    ///
    /// `redis://[user[:password]@]host[:port][/database]`; `rediss://` for TLS, with `?ca=/path/ca.pem` for a
    /// private authority. User, password and path may be percent-encoded; `:password@` means the default user.
    ///
    /// - Parameter url: The URL.
    /// - Throws: ``RedisError`` with the code `configuration`, naming the part that is wrong, not its value.
    public init(url: String) throws(RedisError) {
        let (tls, rest) = try Self.scheme(of: url)
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let location = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let authority = location[0]
        let addressStart = authority.lastIndex(of: "@").map { authority.index(after: $0) }
        let (host, port) = try Self.address(in: authority[(addressStart ?? authority.startIndex)...])
        self.init(host: host, port: port, tls: tls ? TLS() : nil)

        if let addressStart {
            let user = authority[..<authority.index(before: addressStart)]
            let credentials = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard credentials.count == 2 else { throw Self.wrong("a user needs a password") }
            let name = try Self.decoded(credentials[0], "user")
            username = name.isEmpty ? nil : name
            password = try Self.decoded(credentials[1], "password")
        }
        if location.count == 2, !location[1].isEmpty {
            guard let number = Int(location[1]), number >= 0 else {
                throw Self.wrong("database is not a number")
            }
            database = number
        }
        guard parts.count == 2 else { return }
        for item in parts[1].split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0] == "ca" else { throw Self.wrong("query knows only ca=") }
            guard tls else { throw Self.wrong("ca= needs rediss://") }
            self.tls = TLS(certificateAuthorityFile: try Self.decoded(pair[1], "ca"))
        }
    }

    private static func wrong(_ reason: String) -> RedisError {
        RedisError(.configuration, "Redis URL: \(reason)")
    }

    private static func scheme(of url: String) throws(RedisError) -> (tls: Bool, rest: Substring) {
        guard let separator = url.firstRange(of: "://") else { throw wrong("no scheme") }
        let rest = url[separator.upperBound...]
        switch url[..<separator.lowerBound].lowercased() {
        case "redis": return (false, rest)
        case "rediss": return (true, rest)
        default: throw wrong("scheme must be redis or rediss")
        }
    }

    private static func address(in text: Substring) throws(RedisError) -> (host: String, port: Int) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw wrong("host has no closing bracket") }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw wrong("port is not a number") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { throw wrong("no host") }
        guard let port else { return (String(host), 6379) }
        guard let number = Int(port), (1...65535).contains(number) else {
            throw wrong("port is not a number")
        }
        return (String(host), number)
    }

    private static func decoded(_ text: Substring, _ part: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(Substring(rest.prefix(2)))
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                throw wrong("\(part) is not percent-encoded well")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
