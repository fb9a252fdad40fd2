import Cryptography
import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite("API keys", .timeLimit(.minutes(1))) struct APIKeyTests {
    @Test func areShownOnceAndKeptAsAHash() async throws {
        try await TestAPI.with { api in
            let made = try await api.send("POST", "admin/api-keys", #"{"name":"ci","scope":"submit"}"#)
            #expect(made.status == 201)
            let key = try #require(made.string("api_key"))
            let id = try #require(made.string("key_id"))
            #expect(key.count >= 40)
            #expect(made.string("prefix") == String(key.prefix(8)))
            #expect(made["customer_id"] == .null)
            #expect(try await api.send("POST", "jobs", #"{"type":"noop"}"#, key: key).status == 201)

            let list = try await api.send("GET", "admin/api-keys")
            #expect(!list.text.contains(key))
            let shown = try #require(list.array("api_keys")?.first { $0.string("key_id") == id })
            #expect(shown.members?["revoked_at"] == .null)
            #expect(shown.members?["customer_id"] == .null)
            #expect(shown.members?.keys.contains("api_key") == false)

            let rows = try await api.fleet.pool.query("SELECT k::text AS row, key_hash FROM api_keys k")
            for row in rows { #expect(!(try row.decode("row", as: String.self)).contains(key.dropFirst(8))) }
            let hashes = try rows.map { try $0.decode("key_hash", as: [UInt8].self) }
            #expect(hashes.contains(SHA256Digest.hash(key.utf8)))
        }
    }

    @Test func stopWorkingWhenRevoked() async throws {
        try await TestAPI.with { api in
            let made = try await api.send("POST", "admin/api-keys", #"{"name":"ci","scope":"read"}"#)
            let key = try #require(made.string("api_key"))
            let path = "admin/api-keys/\(try #require(made.string("key_id")))"
            #expect(try await api.send("GET", "jobs", key: key).status == 200)
            #expect(try await api.send("DELETE", path).status == 204)
            #expect(try await api.send("DELETE", path).status == 404)
            try await eventually("the key is refused") {
                try await api.send("GET", "jobs", key: key).status == 401
            }
            let list = try await api.send("GET", "admin/api-keys")
            #expect(list.array("api_keys")?.filter { $0.string("revoked_at") != nil }.count == 1)
        }
    }

    @Test func nameTheFieldThatIsWrong() async throws {
        try await TestAPI.with { api in
            for (body, field) in [
                (#"{"scope":"read"}"#, "name"), (#"{"name":"","scope":"read"}"#, "name"),
                (#"{"name":"x","scope":"root"}"#, "scope"), (#"{"name":"x"}"#, "scope"),
                (#"{"name":"x","scope":"read","customer_id":"x"}"#, "customer_id"),
                (#"{"name":"x","scope":"read","key":"x"}"#, "key"),
            ] {
                let answer = try await api.send("POST", "admin/api-keys", body)
                #expect(answer.status == 400)
                #expect(answer.field == field)
            }
        }
    }
}
