public import Configuration
public import Cryptography
import FoundationEssentials
public import Logging
public import Postgres
public import Redis

/// What the environment says, checked key by key as a process asks for it.
///
/// A value that is not valid stops the process at start, with the key, the value unless it is secret, and what would be valid.
public struct Settings: Sendable {
    private let reader: ConfigReader

    /// Reads the process's environment.
    public init() {
        self.init(reader: ConfigReader(provider: EnvironmentVariablesProvider()))
    }

    /// - Parameter reader: Where values come from; keys are `db.host` for `DB_HOST`.
    public init(reader: ConfigReader) {
        self.reader = reader
    }

    // MARK: - Values

    /// The text of a key; nil if it is not set, or empty.
    public func text(_ key: SettingKey) -> String? {
        let components = key.rawValue.lowercased().split(separator: "_").map(String.init)
        let value = reader.string(forKey: ConfigKey(components), isSecret: key.isSecret)
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A whole number.
    ///
    /// - Throws: ``SettingError`` if it is none, or outside of the range.
    public func integer(_ key: SettingKey, in range: ClosedRange<Int>, default fallback: Int)
        throws(SettingError) -> Int
    {
        guard let text = text(key) else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            throw SettingError(
                key,
                value: text,
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// A decimal number.
    public func decimal(_ key: SettingKey, in range: ClosedRange<Double>, default fallback: Double)
        throws(SettingError) -> Double
    {
        guard let text = text(key) else { return fallback }
        guard let value = Double(text), range.contains(value) else {
            throw SettingError(
                key,
                value: text,
                expected: "a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// true or false.
    public func flag(_ key: SettingKey, default fallback: Bool) throws(SettingError) -> Bool {
        switch text(key)?.lowercased() {
        case nil: return fallback
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        case let value?: throw SettingError(key, value: value, expected: "true or false")
        }
    }

    /// One of some words.
    public func word<Word: RawRepresentable & CaseIterable>(
        _ key: SettingKey,
        default fallback: Word
    ) throws(SettingError) -> Word where Word.RawValue == String {
        guard let text = text(key) else { return fallback }
        guard let word = Word(rawValue: text.lowercased()) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingError(key, value: text, expected: "one of \(words)")
        }
        return word
    }

    // MARK: - Groups

    /// Where PostgreSQL is: `DATABASE_URL`, or the parts.
    public func database() throws -> PostgresConfiguration {
        guard let url = text(.databaseURL) else {
            return PostgresConfiguration(
                host: text(.databaseHost) ?? "localhost",
                port: try integer(.databasePort, in: 1...65_535, default: 5432),
                database: text(.databaseName) ?? "cloudoptim",
                user: text(.databaseUser) ?? "cloudoptim",
                password: text(.databasePassword)
            )
        }
        do {
            return try PostgresConfiguration(url: url)
        } catch {
            throw SettingError(
                .databaseURL,
                value: nil,
                expected: "postgres://user:password@host:port/database"
            )
        }
    }

    /// Where Redis is: `REDIS_URL`, or the parts.
    public func redis() throws -> RedisConfiguration {
        guard let url = text(.redisURL) else {
            return RedisConfiguration(
                host: text(.redisHost) ?? "localhost",
                port: try integer(.redisPort, in: 1...65_535, default: 6379)
            )
        }
        do {
            return try RedisConfiguration(url: url)
        } catch {
            throw SettingError(
                .redisURL,
                value: nil,
                expected: "redis://user:password@host:port/database, or rediss://"
            )
        }
    }

    /// The keys that seal customers' tokens.
    public func keyring() throws -> SealingKeyring {
        let expected = "32 bytes in base64, or id:base64,id:base64 (`openssl rand -base64 32` makes one)"
        guard let text = text(.masterKey) else {
            throw SettingError(.masterKey, value: nil, expected: expected)
        }
        do {
            return try SealingKeyring(parsing: text)
        } catch {
            throw SettingError(.masterKey, value: nil, expected: "\(expected): \(error)")
        }
    }

    /// The root of the fleet's Redis keys.
    public func fleet() throws(SettingError) -> String {
        guard let name = text(.fleet) else { return "cloudoptim" }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, name.utf8.count <= 60 else {
            throw SettingError(.fleet, value: name, expected: "up to 60 of a-z, 0-9 and -")
        }
        return name
    }

    /// The least level that is logged.
    public func logLevel() throws(SettingError) -> Logger.Level {
        try word(.logLevel, default: .info)
    }
}
