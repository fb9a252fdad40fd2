import Redis
import Testing

@Suite("Redis configuration") struct RedisConfigurationTests {
    @Test func readsTheShortestURL() throws {
        let configuration = try RedisConfiguration(url: "redis://cache")
        #expect(configuration.host == "cache" && configuration.port == 6379 && configuration.database == 0)
        #expect(configuration.username == nil && configuration.password == nil && configuration.tls == nil)
    }

    @Test func readsEveryPart() throws {
        let configuration = try RedisConfiguration(
            url: "rediss://us%3Aer:p%40ss:w@ord@[::1]:6380/3?ca=/etc/a%20b.pem"
        )
        #expect(configuration.host == "::1" && configuration.port == 6380 && configuration.database == 3)
        #expect(configuration.username == "us:er" && configuration.password == "p@ss:w@ord")
        #expect(configuration.tls == .init(certificateAuthorityFile: "/etc/a b.pem"))
        #expect(configuration.description == "rediss://[::1]:6380/3")
    }

    @Test func readsAPasswordWithoutAUser() throws {
        let configuration = try RedisConfiguration(url: "redis://:secret@cache:7000/")
        #expect(
            configuration.username == nil && configuration.password == "secret" && configuration.port == 7000
        )
    }

    @Test(arguments: [
        "", "cache", "http://cache", "redis://", "redis://:6379", "redis://cache:0", "redis://cache:x",
        "redis://cache:70000", "redis://cache/x", "redis://cache/-1", "redis://user@cache",
        "redis://:%zz@cache",
        "redis://cache?ca=/x", "rediss://cache?key=/x", "redis://[::1", "redis://[::1]x",
    ])
    func refusesWhatItCannotUse(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.code == .configuration)
    }

    @Test func keepsSecretsOutOfDescriptions() throws {
        let configuration = try RedisConfiguration(url: "redis://someone:hunter2@cache")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2") && !text.contains("someone"))
        }
        var command = ""
        dump(RedisCommand("AUTH", "hunter2"), to: &command)
        for text in [
            "\(RedisCommand("AUTH", "hunter2"))", command, String(reflecting: RedisArgument("hunter2")),
        ] {
            #expect(!text.contains("hunter2"))
        }
    }
}
