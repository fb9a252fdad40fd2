import AWS
import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@testable import Scheduler

@Suite("Sharing of queues", .timeLimit(.minutes(1))) struct QueueSharingTests {
    @Test func schedulersShareTheQueues() async throws {
        try await TestIntake.with { test in
            var customers: [CustomerRecord] = []
            for _ in 0..<5 { customers.append(try await test.customer()) }
            let all = Set(customers.map(\.id))
            try await test.running(try test.intake("a")) {
                try await eventually(within: .seconds(20), "one with all") {
                    try await test.held(by: "a") == all
                }
                try await test.running(try test.intake("b")) {
                    try await eventually(within: .seconds(20), "two with a share each") {
                        let (a, b) = (try await test.held(by: "a"), try await test.held(by: "b"))
                        return a.union(b) == all && a.isDisjoint(with: b) && a.count == 3 && b.count == 2
                    }
                    for customer in customers {
                        let body = TestIntake.warning("i-0abc", id: "e")
                        try await test.moto.send(body, to: try #require(customer.sqsQueueURL))
                    }
                    for customer in customers {
                        try await eventually(within: .seconds(20), "an event of each") {
                            try await test.events(of: customer).count == 1
                        }
                    }
                }
                // One has stopped in order: the other takes over.
                try await eventually(within: .seconds(20), "one with all") {
                    try await test.held(by: "a") == all
                }
            }
            #expect(try await test.held(by: "a").isEmpty)
        }
    }

    @Test func takesOverFromASchedulerThatDied() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            // It says nothing more.
            _ = try await test.leases.register("dead", for: .seconds(2))
            #expect(try await test.leases.claim(10, for: "dead", .seconds(2)).count == 1)
            try await test.moto.send(
                TestIntake.warning("i-0abc", id: "e"),
                to: try #require(customer.sqsQueueURL)
            )
            try await test.running(try test.intake("a")) {
                #expect(try await test.held(by: "a").isEmpty)
                try await eventually(within: .seconds(20), "the event") {
                    try await test.events(of: customer).count == 1
                }
                #expect(try await test.held(by: "a") == [customer.id])
            }
        }
    }

    @Test func followsChangesOfCustomers() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            let other = try await test.moto.makeQueue()
            try await test.running(try test.intake("a")) {
                try await eventually(within: .seconds(20), "the lease") {
                    try await !test.held(by: "a").isEmpty
                }
                _ = try await test.fleet.pool.execute(
                    "UPDATE customers SET sqs_queue_url = \(other) WHERE customer_id = \(customer.id)"
                )
                try await test.moto.send(TestIntake.warning("i-0abc", id: "e"), to: other)
                try await eventually(within: .seconds(20), "the event of the other queue") {
                    try await test.events(of: customer).first?.queueURL == other
                }
                _ = try await test.fleet.pool.execute(
                    "UPDATE customers SET status = 'suspended' WHERE customer_id = \(customer.id)"
                )
                try await eventually(within: .seconds(20), "the end of the lease") {
                    try await test.held(by: "a").isEmpty
                }
            }
        }
    }

    @Test func aQueueThatIsNotThereIsAProblemAndNoStorm() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer(
                queue: "\(test.moto.url)/\(MotoServer.account)/nowhere-\(UUID.version7().text)"
            )
            let opened = OpenCount()
            try await test.running(try test.intake("a", opened: opened)) {
                try await eventually(within: .seconds(20), "the problem") {
                    try await test.leases.problem(of: customer.id)?.contains("notFound") == true
                }
            }
            #expect(opened.value == 1)
            let status = try await test.leases.statuses(of: customer.id, after: nil, limit: 10).first
            #expect(status?.problem?.code == "notFound")
        }
    }

    @Test func wrongCredentialsAreAProblemAndNoStorm() async throws {
        try await TestIntake.with(try await MotoServer.refusing()) { test in
            let url = "\(test.moto.url)/\(MotoServer.account)/queue"
            var customers: [CustomerRecord] = []
            for _ in 0..<10 { customers.append(try await test.customer(queue: url)) }
            let opened = OpenCount()
            try await test.running(try test.intake("a", opened: opened)) {
                for customer in customers {
                    try await eventually(within: .seconds(20), "the problem") {
                        let problem = try await test.leases.problem(of: customer.id)
                        return problem?.contains("invalidCredentials") == true
                    }
                }
            }
            #expect(opened.value == customers.count)
        }
    }

    @Test func aCustomerWithoutARoleIsNotRead() async throws {
        try await TestIntake.with { test in
            let queue = try await test.moto.makeQueue()
            let customer = CustomerRecord(companyName: "X", sqsQueueURL: queue, externalID: "x")
            try await CustomerStore(pool: test.fleet.pool).insert(customer)
            let opened = OpenCount()
            let read = try await test.customer()
            try await test.running(try test.intake("a", opened: opened)) {
                try await eventually(within: .seconds(20), "the lease") {
                    try await test.held(by: "a") == [read.id]
                }
            }
        }
    }
}
