import CLibPQ

/// How to reach a PostgreSQL database, and the limits of every conversation with it.
///
/// Its description shows host, port, database and user, never the password.
public struct PostgresConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    /// The name shown in `pg_stat_activity`.
    public var applicationName: String
    /// The longest that making a connection may take, all hosts together.
    ///
    /// Looking up a host's name is limited by the system's resolver only.
    public var connectTimeout: Duration
    /// The longest that a statement may run, by the server's clock.
    ///
    /// The client gives up ``answerMargin`` later, should the server not answer at all. At least one
    /// millisecond.
    public var statementTimeout: Duration
    /// How much longer than ``statementTimeout`` the client waits for the server's answer.
    public var answerMargin: Duration = .seconds(2)
    /// How many prepared statements one connection keeps, the least recently used leaving first.
    public var statementCacheSize: Int = 256

    private enum Target: Sendable {
        case url(String)
        case parts(host: String, port: Int, database: String, user: String, password: String?)
    }
    private let target: Target
    /// What the URL itself sets, so that our defaults do not overrule it.
    private let given: [String: String]

    /// Takes a connection URL, `postgres://user:password@host:port/database?sslmode=verify-full&...`, with
    /// any parameter libpq knows.
    ///
    /// `application_name` and `connect_timeout` become the properties' values.
    ///
    /// - Throws: ``PostgresError`` with code `invalidConfiguration` if it is not a valid URL; the error does not repeat it.
    public init(url: String) throws(PostgresError) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
            throw PostgresError(
                code: .invalidConfiguration,
                message: "a connection URL begins with postgres://"
            )
        }
        let given = try Self.parse(url)
        if let host = given["host"], host.contains("@") {
            throw PostgresError(
                code: .invalidConfiguration,
                message: "the connection URL has an '@' too many: percent-encode it as %40"
            )
        }
        // libpq looks at ports only when it connects, and would then quote what may be part of a password.
        let ports = (given["port"] ?? "").split(separator: ",")
        guard ports.allSatisfy({ (1...65_535).contains(Int($0) ?? 0) }) else {
            throw PostgresError(
                code: .invalidConfiguration,
                message: "the connection URL's port is not a number from 1 to 65535"
            )
        }
        target = .url(url)
        self.given = given
        applicationName = given["application_name"] ?? "cloudoptim"
        connectTimeout = given["connect_timeout"].flatMap { Int($0) }.map { .seconds($0) } ?? .seconds(5)
        if connectTimeout <= .zero { connectTimeout = .seconds(5) }
        statementTimeout = .seconds(10)
    }

    /// Takes the parts of an address.
    public init(host: String, port: Int, database: String, user: String, password: String?) {
        target = .parts(host: host, port: port, database: database, user: user, password: password)
        given = [:]
        applicationName = "cloudoptim"
        connectTimeout = .seconds(5)
        statementTimeout = .seconds(10)
    }

    /// The target without its password.
    public var description: String {
        switch target {
        case .url:
            let host = given["host"] ?? given["hostaddr"] ?? "localhost"
            return "\(given["user"] ?? "")@\(host):\(given["port"] ?? "5432")/\(given["dbname"] ?? "")"
        case .parts(let host, let port, let database, let user, _):
            return "\(user)@\(host):\(port)/\(database)"
        }
    }

    /// Only the description, so that no dump shows the password.
    public var customMirror: Mirror { Mirror(self, children: ["target": description]) }

    /// The password, to be kept out of every message.
    var password: String? {
        switch target {
        case .url: given["password"]
        case .parts(_, _, _, _, let password): password
        }
    }

    /// The longest the client waits for one answer.
    var answerLimit: Duration { max(statementTimeout, .milliseconds(1)) + answerMargin }

    /// Keywords and values for `PQconnectStartParams` with `expand_dbname`: the URL comes first, so that what
    /// follows overrules it.
    var keywords: [(keyword: String, value: String)] {
        var list: [(keyword: String, value: String)] = []
        switch target {
        case .url(let url): list.append(("dbname", url))
        case .parts(let host, let port, let database, let user, let password):
            list += [("host", host), ("port", String(port)), ("dbname", database), ("user", user)]
            if let password { list.append(("password", password)) }
        }
        let keepalive = [
            ("keepalives", "1"), ("keepalives_idle", "15"), ("keepalives_interval", "5"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "15000"),
        ]
        list += keepalive.filter { given[$0.0] == nil }.map { (keyword: $0.0, value: $0.1) }
        let milliseconds = max(1, statementTimeout.milliseconds)
        let session = [
            "-c statement_timeout=\(milliseconds)", "-c TimeZone=UTC", "-c DateStyle=ISO",
            "-c bytea_output=hex", "-c extra_float_digits=1",
        ]
        list += [
            ("application_name", applicationName), ("client_encoding", "UTF8"),
            ("options", ([given["options"]].compactMap(\.self) + session).joined(separator: " ")),
        ]
        return list
    }

    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &complaint) else {
            let reason = complaint.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(complaint)
            // What follows the colon quotes the URL, and so maybe the password.
            let safe = reason.split(separator: ": \"", maxSplits: 1).first.map(String.init) ?? ""
            throw PostgresError(
                code: .invalidConfiguration,
                message: "the connection URL is not valid: \(safe)"
            )
        }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { given[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return given
    }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
