import AWS
import Bootstrap
import FoundationEssentials
import HTTPClient
import Interruptions
import Logging
import Postgres
import Store
import Synchronization
import TestKit

@testable import Scheduler

/// Schedulers' intakes over a fleet of the test's own, with queues in moto.
struct TestIntake: Sendable {
    let fleet: TestFleet
    let moto: MotoServer
    let events: SpotEventStore
    let letters: DeadLetterStore
    let leases: QueueLeaseStore
    let http: HTTPClient

    static func with(
        _ moto: MotoServer? = nil,
        _ body: (TestIntake) async throws -> Void
    ) async throws {
        let server: MotoServer
        if let moto { server = moto } else { server = try await MotoServer.shared() }
        try await TestFleet.with { fleet in
            let http = HTTPClient(configuration: .polls, logger: fleet.logger)
            let intake = TestIntake(
                fleet: fleet,
                moto: server,
                events: SpotEventStore(pool: fleet.pool),
                letters: DeadLetterStore(pool: fleet.pool),
                leases: QueueLeaseStore(pool: fleet.pool),
                http: http
            )
            do {
                try await body(intake)
            } catch {
                await http.shutdown()
                throw error
            }
            await http.shutdown()
        }
    }

    /// A customer with a queue.
    func customer(queue: String? = nil) async throws -> CustomerRecord {
        let url: String
        if let queue { url = queue } else { url = try await moto.makeQueue() }
        let customer = CustomerRecord(
            companyName: "Example",
            awsRoleARN: "arn:aws:iam::\(MotoServer.account):role/customer",
            sqsQueueURL: url,
            externalID: UUID.version7().text
        )
        try await CustomerStore(pool: fleet.pool).insert(customer)
        return customer
    }

    var inbox: InterruptionInbox {
        InterruptionInbox(queue: fleet.queue, events: events, letters: letters)
    }

    /// The customers' accounts, as a process sees them.
    var sessions: CustomerSessions {
        get throws { try CustomerSessions(http: http, environment: moto.environment, logger: fleet.logger) }
    }

    /// A scheduler's intake.
    func intake(
        _ holder: String = "a",
        lease: Duration = .seconds(20),
        wait: Duration = .seconds(20),
        opened: OpenCount = OpenCount()
    ) throws -> EventIntake {
        var settings = IntakeSettings()
        settings.tick = .milliseconds(200)
        settings.lease = lease
        settings.wait = wait
        // A poll that was cut off may still take a message in moto.
        settings.visibility = .seconds(2)
        let sessions = try sessions
        return EventIntake(
            leases: leases,
            events: events,
            inbox: inbox,
            open: { customer throws(AWSError) in
                opened.add()
                return try sessions.queue(of: customer)
            },
            holder: holder,
            settings: settings,
            logger: fleet.logger
        )
    }

    /// Runs an intake while the body runs.
    func running(_ intake: EventIntake, _ body: () async throws -> Void) async throws {
        let task = Task { await intake.run() }
        do {
            try await body()
        } catch {
            task.cancel()
            await task.value
            throw error
        }
        task.cancel()
        await task.value
    }

    /// All events of a customer, the first received first.
    func events(of customer: CustomerRecord) async throws -> [SpotEventRecord] {
        try await events.list(.init(customerID: customer.id), before: nil, limit: 500).reversed()
    }

    func isEmpty(_ customer: CustomerRecord) async throws -> Bool {
        try await moto.messages(in: customer.sqsQueueURL ?? "") == (0, 0)
    }

    /// Whose queues a scheduler reads.
    func held(by holder: String) async throws -> Set<UUID> {
        let rows = try await fleet.pool.query(
            "SELECT customer_id FROM event_queue_leases WHERE holder = \(holder) AND leased_until > clock_timestamp()"
        )
        return try Set(rows.map { try $0.decode(0) })
    }

    func jobs() async throws -> Int {
        let rows = try await fleet.pool.query("SELECT count(*) FROM jobs")
        return Int(try rows[0].decode(0, as: Int64.self))
    }

    static func warning(_ instance: String, id: String, age: Double = 1) -> String {
        """
        {"version":"0","id":"\(id)","detail-type":"EC2 Spot Instance Interruption Warning","source":"aws.ec2",
         "account":"123456789012","time":"\(Date(timeIntervalSinceNow: -age).rfc3339)","region":"us-east-1",
         "resources":[],"detail":{"instance-id":"\(instance)","instance-action":"terminate"}}
        """
    }
}

/// How often queues were opened: once for each poll.
final class OpenCount: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add() { count.withLock { $0 += 1 } }
}
