import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite("Queue leases", .timeLimit(.minutes(1))) struct QueueLeaseStoreTests {
    private func customers(_ count: Int, in fleet: TestFleet) async throws -> [UUID] {
        let store = CustomerStore(pool: fleet.pool)
        var ids: [UUID] = []
        for _ in 0..<count {
            let customer = CustomerRecord(
                companyName: "Example",
                awsRoleARN: "arn:aws:iam::123456789012:role/customer",
                sqsQueueURL: "https://sqs.us-east-1.amazonaws.com/123456789012/q",
                externalID: UUID.version7().text
            )
            try await store.insert(customer)
            ids.append(customer.id)
        }
        // One without a queue, and one that is suspended, are nobody's.
        try await store.insert(CustomerRecord(companyName: "No queue", externalID: UUID.version7().text))
        try await store.insert(
            CustomerRecord(
                companyName: "Suspended",
                awsRoleARN: "arn:aws:iam::123456789012:role/customer",
                sqsQueueURL: "https://sqs.us-east-1.amazonaws.com/123456789012/q",
                externalID: UUID.version7().text,
                status: "suspended"
            )
        )
        return ids
    }

    private func readings(_ ids: [UUID]) -> [QueueLeaseStore.Reading] {
        ids.map { .init(customerID: $0, problem: nil, secondsSinceRead: 1) }
    }

    @Test func countsQueuesAndReaders() async throws {
        try await TestFleet.with { fleet in
            _ = try await customers(5, in: fleet)
            let store = QueueLeaseStore(pool: fleet.pool)
            #expect(try await store.register("a", for: .seconds(30)) == .init(queues: 5, readers: 1))
            let census = try await store.register("b", for: .seconds(30))
            #expect(census == .init(queues: 5, readers: 2))
            #expect(census.share == 3)
            try await store.release(nil, of: "a")
            #expect(try await store.register("b", for: .seconds(30)).readers == 1)
            _ = try await store.register("b", for: .milliseconds(1))
            try await eventually("the end of b's registration") {
                try await store.register("c", for: .seconds(30)).readers == 1
            }
        }
    }

    @Test func aQueueIsOneSchedulersAtATime() async throws {
        try await TestFleet.with { fleet in
            let ids = try await customers(20, in: fleet)
            let store = QueueLeaseStore(pool: fleet.pool)
            let claimed = try await withThrowingTaskGroup(of: [UUID].self) { group in
                for holder in 0..<4 {
                    group.addTask {
                        try await store.claim(7, for: "h\(holder)", .seconds(30)).map(\.id)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(claimed).count == claimed.count)
            let rest = try await store.claim(100, for: "rest", .seconds(30)).map(\.id)
            #expect(Set(claimed + rest) == Set(ids))
            #expect(claimed.count + rest.count == 20)
            #expect(try await store.claim(100, for: "more", .seconds(600)).isEmpty)
        }
    }

    @Test func leasesEndByTimeAndByRelease() async throws {
        try await TestFleet.with { fleet in
            let ids = Set(try await customers(2, in: fleet))
            let store = QueueLeaseStore(pool: fleet.pool)
            #expect(try await store.claim(10, for: "a", .milliseconds(50)).count == 2)
            try await eventually("the end of the leases") {
                try await !store.claim(10, for: "b", .seconds(600)).isEmpty
            }
            #expect(try await store.renew(readings(Array(ids)), for: "a", .seconds(600)).isEmpty)
            #expect(
                Set(try await store.renew(readings(Array(ids)), for: "b", .seconds(600)).map(\.id)) == ids
            )
            #expect(try await store.claim(10, for: "a", .seconds(600)).isEmpty)
            try await store.release(Array(ids.prefix(1)), of: "b")
            #expect(try await store.claim(10, for: "a", .seconds(600)).map(\.id) == Array(ids.prefix(1)))
            try await store.release(nil, of: "b")
            #expect(try await store.claim(10, for: "a", .seconds(600)).count == 1)
        }
    }

    @Test func reportsProblemsAndForgetsThem() async throws {
        try await TestFleet.with { fleet in
            let id = try #require(try await customers(1, in: fleet).first)
            let store = QueueLeaseStore(pool: fleet.pool)
            _ = try await store.claim(1, for: "a", .seconds(30))
            func report(_ problem: String?) async throws {
                let reading = QueueLeaseStore.Reading(customerID: id, problem: problem, secondsSinceRead: nil)
                _ = try await store.renew([reading], for: "a", .seconds(30))
            }
            try await report("accessDenied")
            #expect(try await store.problem(of: id) == "accessDenied")
            try await report(nil)
            #expect(try await store.problem(of: id) == nil)
        }
    }

    @Test func aSuspendedCustomersQueueIsGivenUp() async throws {
        try await TestFleet.with { fleet in
            let ids = try await customers(2, in: fleet)
            let store = QueueLeaseStore(pool: fleet.pool)
            _ = try await store.claim(2, for: "a", .seconds(30))
            _ = try await fleet.pool.execute(
                "UPDATE customers SET status = 'suspended' WHERE customer_id = \(ids[0])"
            )
            #expect(try await store.renew(readings(ids), for: "a", .seconds(30)).map(\.id) == [ids[1]])
            #expect(try await store.register("a", for: .seconds(30)).queues == 1)
        }
    }
}
