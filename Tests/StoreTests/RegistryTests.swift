import FoundationEssentials
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RegistryTests {
    @Test func keepsAnAPIKeyByItsHash() async throws {
        try await TestFleet.with { fleet async throws in
            let store = APIKeyStore(pool: fleet.pool)
            let hash = [UInt8](repeating: 9, count: 32)
            let made = try await store.insert(
                name: "ci",
                prefix: "co_abcde",
                hash: hash,
                scope: .submit,
                customerID: nil
            )
            let again = try await store.insert(
                name: "other",
                prefix: "co_abcde",
                hash: hash,
                scope: .admin,
                customerID: nil
            )
            #expect(again == made)
            #expect(try await store.find(hash: hash) == made)
            #expect(try await store.find(hash: [1]) == nil)
            #expect(try await store.list() == [made])
            #expect(made.scope == .submit && made.revokedAt == nil)
        }
    }

    @Test func revokesAnAPIKeyOnce() async throws {
        try await TestFleet.with { fleet async throws in
            let store = APIKeyStore(pool: fleet.pool)
            let key = try await store.insert(
                name: "k",
                prefix: "co_",
                hash: [1],
                scope: .read,
                customerID: nil
            )
            #expect(try await store.revoke(key.id))
            #expect(try await !store.revoke(key.id))
            #expect(try await store.find(hash: [1])?.revokedAt != nil)
        }
    }

    @Test func scopesIncludeTheOnesBefore() {
        #expect(APIKeyRecord.Scope.allCases.sorted() == [.read, .submit, .operate, .admin])
    }

    @Test func listsCustomersPageByPage() async throws {
        try await TestFleet.with { fleet async throws in
            let store = CustomerStore(pool: fleet.pool)
            let start = Date()
            let customers = (0..<5).map { number in
                CustomerRecord(
                    id: .version7(at: start.addingTimeInterval(Double(number))),
                    companyName: "c\(number)",
                    externalID: "e\(number)"
                )
            }
            for customer in customers { try await store.insert(customer) }
            let first = try await store.list(only: nil, after: nil, limit: 3)
            #expect(first.map(\.id) == customers.prefix(3).map(\.id))
            let second = try await store.list(only: nil, after: first.last?.id, limit: 3)
            #expect(second.map(\.id) == customers.dropFirst(3).map(\.id))
            #expect(
                try await store.list(only: customers[1].id, after: nil, limit: 10).map(\.companyName) == [
                    "c1"
                ]
            )
            #expect(try await store.find(customers[4].id)?.externalID == "e4")
            #expect(try await store.find(.version7()) == nil)
        }
    }
}
