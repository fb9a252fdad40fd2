import Bootstrap
import Configuration
import Foundation
import Logging
import Redis
import Testing

struct SettingsTests {
    private func settings(_ environment: [String: String]) -> Settings {
        Settings(
            reader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: environment)
            )
        )
    }

    @Test(arguments: SettingKey.allCases)
    func readsEachKeyByItsName(key: SettingKey) {
        #expect(settings([key.rawValue: "value"]).text(key) == "value")
        #expect(settings([key.rawValue: ""]).text(key) == nil)
        #expect(settings([:]).text(key) == nil)
    }

    @Test func checksNumbers() throws {
        let settings = settings(["WORKER_CONCURRENCY": "12", "DRAIN_SECONDS": "-1", "DB_POOL_SIZE": "many"])
        #expect(try settings.integer(.workerConcurrency, in: 1...100, default: 5) == 12)
        #expect(try settings.integer(.workerReserve, in: 0...100, default: 5) == 5)
        let range = #expect(throws: SettingError.self) {
            try settings.integer(.drainSeconds, in: 0...600, default: 25)
        }
        #expect(range?.description == "DRAIN_SECONDS is '-1', but must be a whole number from 0 to 600")
        let word = #expect(throws: SettingError.self) {
            try settings.integer(.databasePoolSize, in: 2...200, default: 10)
        }
        #expect(word?.key == .databasePoolSize)
    }

    @Test(arguments: [
        ("true", true), ("1", true), ("YES", true), ("false", false), ("0", false), ("no", false),
    ])
    func readsFlags(text: String, value: Bool) throws {
        let settings = settings(["CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": text])
        #expect(try settings.flag(.allowPrivateEndpoints, default: !value) == value)
    }

    @Test func refusesAFlagThatIsNone() {
        let settings = settings(["CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "maybe"])
        #expect(throws: SettingError.self) { try settings.flag(.allowPrivateEndpoints, default: false) }
    }

    @Test func readsTheLogLevel() throws {
        #expect(try settings([:]).logLevel() == .info)
        #expect(try settings(["LOG_LEVEL": "DEBUG"]).logLevel() == .debug)
        let error = #expect(throws: SettingError.self) { try settings(["LOG_LEVEL": "loud"]).logLevel() }
        #expect(error?.expected.contains("warning") == true)
    }

    @Test(arguments: ["a b", "UPPER", "a{b", "a*", "ä", String(repeating: "a", count: 61)])
    func refusesAFleetNameThatIsNotPlain(name: String) {
        #expect(throws: SettingError.self) { try settings(["CLOUDOPTIM_FLEET": name]).fleet() }
    }

    @Test func readsWhereRedisIs() throws {
        #expect(try settings([:]).redis().port == 6379)
        #expect(try settings(["REDIS_HOST": "r"]).redis().host == "r")
        #expect(try settings(["REDIS_URL": "redis://h:2/3"]).redis().port == 2)
        _ = try settings(["DATABASE_URL": "postgres://u:p@h:1/d"]).database()
        #expect(throws: SettingError.self) { try settings(["DB_PORT": "none"]).database() }
    }

    /// Whatever is wrong with a secret, an error never shows any of it.
    @Test func anErrorNeverShowsASecret() {
        let secret = "hunter2-hunter2"
        let settings = settings(
            Dictionary(
                uniqueKeysWithValues: SettingKey.allCases.filter(\.isSecret).map {
                    ($0.rawValue, "//:\(secret)")
                }
            )
        )
        let attempts: [() throws -> Void] = [
            { _ = try settings.database() }, { _ = try settings.redis() }, { _ = try settings.keyring() },
            { _ = try settings.integer(.masterKey, in: 0...1, default: 0) },
            { _ = try settings.flag(.databasePassword, default: false) },
            { _ = try settings.decimal(.redisURL, in: 0...1, default: 0) },
            { _ = try settings.word(.adminAPIKey, default: Logger.Level.info) },
        ]
        for attempt in attempts {
            let error = #expect(throws: SettingError.self) { try attempt() }
            #expect(error?.value == nil)
            #expect(error.map { "\($0) \(String(reflecting: $0))".contains("hunter2") } == false)
        }
    }

    @Test func everySecretLookingKeyIsSecret() {
        for key in SettingKey.allCases {
            let name = key.rawValue
            let looksSecret = ["PASSWORD", "KEY", "SECRET", "TOKEN", "_URL"].contains { name.contains($0) }
            #expect(key.isSecret == looksSecret, "\(name)")
        }
    }

    @Test func everyKeyIsExplained() throws {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/configuration.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        for key in SettingKey.allCases {
            #expect(
                text.contains("`\(key.rawValue)`"),
                "docs/configuration.md does not explain \(key.rawValue)"
            )
        }
    }
}
