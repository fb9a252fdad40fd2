import Bootstrap
import Testing

struct APIKeySecretTests {
    @Test func everyKeyIsAnother() throws {
        let keys = try (0..<50).map { _ in try APIKeySecret.generate() }
        #expect(Set(keys.map(\.text)).count == 50)
        #expect(keys.allSatisfy { $0.text.hasPrefix("co_") && $0.text.utf8.count >= 43 })
        #expect(keys.allSatisfy { $0.text.hasPrefix($0.prefix) && $0.prefix.count == 8 })
        #expect(keys.allSatisfy { $0.hash.count == 32 })
    }

    @Test func aKeyThatCanBeGuessedIsRefused() throws {
        #expect(APIKeySecret(given: String(repeating: "x", count: 19)) == nil)
        let given = try #require(APIKeySecret(given: String(repeating: "x", count: 20)))
        #expect(given.hash == APIKeySecret(given: given.text)?.hash)
    }
}
