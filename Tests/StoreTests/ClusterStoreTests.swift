import Cryptography
import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ClusterStoreTests {
    private static let token = "eyJhbGciOiJSUzI1NiJ9.token-in-clear"

    /// A customer with a cluster.
    private func registered(
        in fleet: TestFleet,
        name: String = "prod",
        customer: UUID? = nil
    ) async throws -> (store: ClusterStore, cluster: ClusterRegistration) {
        let store = ClusterStore(pool: fleet.pool, keyring: fleet.keyring)
        let owner = CustomerRecord(companyName: "c", externalID: UUID().text)
        let cluster = ClusterRegistration(
            customerID: customer ?? owner.id,
            name: name,
            apiEndpoint: "https://k8s.example.com",
            certificateAuthority: nil,
            token: Self.token,
            tokenExpiresAt: Date(millisecondsSince1970: 1_900_000_000_000),
            region: "eu-central-1"
        )
        try await store.register(cluster, with: customer == nil ? owner : nil)
        return (store, cluster)
    }

    private func sealedToken(of cluster: UUID, in fleet: TestFleet) async throws -> [UInt8] {
        let rows = try await fleet.pool.query(
            "SELECT k8s_token_sealed FROM clusters WHERE cluster_id = \(cluster)"
        )
        return try #require(rows.first).decode(0)
    }

    @Test func givesBackWhatWasRegistered() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, cluster) = try await registered(in: fleet)
            let found = try #require(try await store.find(cluster.id))
            #expect(found.name == "prod" && found.status == .active && found.health == .unknown)
            #expect(found.tokenExpiresAt == cluster.tokenExpiresAt)
            #expect(try await store.credentials(of: cluster.id)?.token == Self.token)
            #expect(try await store.active().map(\.cluster) == [cluster.id])
        }
    }

    @Test func keepsNoTokenInClear() async throws {
        try await TestFleet.with { fleet async throws in
            let (_, cluster) = try await registered(in: fleet)
            let rows = try await fleet.pool.query(
                "SELECT clusters::text AS row FROM clusters WHERE cluster_id = \(cluster.id)"
            )
            #expect(try !#require(rows.first).decode("row", as: String.self).contains("token-in-clear"))
            let sealed = try await sealedToken(of: cluster.id, in: fleet)
            #expect(!String(decoding: sealed, as: UTF8.self).contains("token-in-clear"))
        }
    }

    @Test func aSealedTokenDoesNotOpenInAnotherRow() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, first) = try await registered(in: fleet)
            let (_, second) = try await registered(in: fleet, name: "other", customer: first.customerID)
            let sealed = try await sealedToken(of: first.id, in: fleet)
            _ = try await fleet.pool.execute(
                "UPDATE clusters SET k8s_token_sealed = \(sealed) WHERE cluster_id = \(second.id)"
            )
            let error = await #expect(throws: CryptographyError.self) {
                _ = try await store.credentials(of: second.id)
            }
            #expect(error?.code == .notAuthentic)
        }
    }

    @Test func aNameIsTakenOncePerCustomer() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, first) = try await registered(in: fleet)
            await #expect(throws: ClusterStoreError.nameTaken) {
                _ = try await registered(in: fleet, customer: first.customerID)
            }
            let (_, other) = try await registered(in: fleet, name: "other", customer: first.customerID)
            var change = ClusterChange()
            change.name = "prod"
            await #expect(throws: ClusterStoreError.nameTaken) {
                _ = try await store.update(other.id, by: change)
            }
            #expect(try await store.delete(first.id))
            #expect(try await store.update(other.id, by: change)?.name == "prod")
        }
    }

    @Test func aRefusedRegistrationLeavesNoCustomer() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, first) = try await registered(in: fleet)
            let newcomer = CustomerRecord(companyName: "new", externalID: "new")
            var second = first
            second.id = .version7()
            await #expect(throws: ClusterStoreError.nameTaken) {
                try await store.register(second, with: newcomer)
            }
            #expect(try await CustomerStore(pool: fleet.pool).find(newcomer.id) == nil)
        }
    }

    @Test func aChangeOfNothingChangesNothing() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, cluster) = try await registered(in: fleet)
            var before = try #require(try await store.find(cluster.id))
            let after = try #require(try await store.update(cluster.id, by: ClusterChange()))
            before.updatedAt = after.updatedAt
            #expect(after == before)
            #expect(try await store.credentials(of: cluster.id)?.token == Self.token)
            #expect(try await store.update(.version7(), by: ClusterChange()) == nil)
        }
    }

    @Test func aRefusedTokenStopsTheClockUntilThereIsANewOne() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, cluster) = try await registered(in: fleet)
            try await store.credentialRefused(cluster.id, reason: "401")
            let refused = try #require(try await store.find(cluster.id))
            #expect(refused.status == .credentialExpired && refused.health == .red)
            #expect(refused.healthReason == "401")
            #expect(try await store.active().isEmpty)
            var change = ClusterChange()
            change.token = "new"
            #expect(try await store.update(cluster.id, by: change)?.status == .active)
            #expect(try await store.credentials(of: cluster.id)?.token == "new")
            #expect(try await store.active().count == 1)
        }
    }

    @Test func aNewTokenDoesNotWakeAPausedCluster() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, cluster) = try await registered(in: fleet)
            var change = ClusterChange()
            change.status = .paused
            _ = try await store.update(cluster.id, by: change)
            change = ClusterChange()
            change.token = "new"
            #expect(try await store.update(cluster.id, by: change)?.status == .paused)
        }
    }

    @Test func aClusterOfEKSNeedsNoToken() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, first) = try await registered(in: fleet)
            #expect(try await store.find(first.id)?.signIn == .token)
            var cluster = first
            cluster.id = .version7()
            cluster.name = "eks"
            cluster.token = nil
            cluster.tokenExpiresAt = nil
            let error = await #expect(throws: PostgresError.self) {
                try await store.register(cluster, with: nil)
            }
            #expect(error?.constraint == "clusters_sign_in_known")
            cluster.eksClusterName = "shop"
            try await store.register(cluster, with: nil)
            #expect(try await store.find(cluster.id)?.signIn == .eks)
            let credentials = try #require(try await store.credentials(of: cluster.id))
            guard case .eks(let access) = credentials.secret else {
                Issue.record("it has a token")
                return
            }
            #expect(credentials.token == nil)
            #expect(access.customerID == first.customerID && access.clusterName == "shop")
            #expect(access.region == "eu-central-1" && !access.externalID.isEmpty)
            #expect(try await store.active().count == 2)
        }
    }

    @Test func aTokenMayBeDroppedAndBroughtAgain() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, cluster) = try await registered(in: fleet)
            try await store.credentialRefused(cluster.id, reason: "401")
            var change = ClusterChange()
            change.dropsToken = true
            change.eksClusterName = "shop"
            let changed = try #require(try await store.update(cluster.id, by: change))
            #expect(changed.signIn == .eks && changed.tokenExpiresAt == nil && changed.status == .active)
            change = ClusterChange()
            change.name = "other"
            #expect(try await store.update(cluster.id, by: change)?.signIn == .eks)
            change.token = "new"
            let again = try #require(try await store.update(cluster.id, by: change))
            #expect(again.signIn == .token && again.eksClusterName == "shop")
            #expect(try await store.credentials(of: cluster.id)?.token == "new")
        }
    }

    @Test func aDeletedClusterForgetsItsToken() async throws {
        try await TestFleet.with { fleet async throws in
            let (store, cluster) = try await registered(in: fleet)
            #expect(try await store.delete(cluster.id))
            #expect(try await !store.delete(cluster.id))
            #expect(try await store.find(cluster.id) == nil)
            #expect(try await store.credentials(of: cluster.id) == nil)
            #expect(try await store.list(of: nil, after: nil, limit: 10).isEmpty)
            #expect(try await sealedToken(of: cluster.id, in: fleet).isEmpty)
        }
    }
}
