import FoundationEssentials
import Interruptions
import Jobs
import Postgres
import Store
import TestKit

/// An inbox over a fleet of the test's own, with a customer.
struct TestInbox: Sendable {
    let fleet: TestFleet
    let events: SpotEventStore
    let letters: DeadLetterStore
    let inbox: InterruptionInbox
    let customer: UUID

    static func with(_ body: (TestInbox) async throws -> Void) async throws {
        try await TestFleet.with { fleet in
            let events = SpotEventStore(pool: fleet.pool)
            let letters = DeadLetterStore(pool: fleet.pool)
            let customer = CustomerRecord(companyName: "Example", externalID: UUID.version7().text)
            try await CustomerStore(pool: fleet.pool).insert(customer)
            let inbox = InterruptionInbox(queue: fleet.queue, events: events, letters: letters)
            try await body(
                TestInbox(fleet: fleet, events: events, letters: letters, inbox: inbox, customer: customer.id)
            )
        }
    }

    func newCustomer() async throws -> UUID {
        let customer = CustomerRecord(companyName: "Other", externalID: UUID.version7().text)
        try await CustomerStore(pool: fleet.pool).insert(customer)
        return customer.id
    }

    /// Puts a machine into a cluster of its own.
    @discardableResult
    func node(_ instance: String, of owner: UUID? = nil) async throws -> (cluster: UUID, node: String) {
        let registration = ClusterRegistration(
            customerID: owner ?? customer,
            name: "cluster-\(UUID.version7().text)",
            apiEndpoint: "https://8.8.8.8",
            certificateAuthority: nil,
            token: "token",
            tokenExpiresAt: nil,
            region: "us-east-1"
        )
        try await ClusterStore(pool: fleet.pool, keyring: fleet.keyring).register(registration, with: nil)
        let name = "node-\(instance)"
        _ = try await fleet.pool.execute(
            """
            INSERT INTO nodes (node_id, cluster_id, node_uid, node_name, instance_id, node_type, status, cpu_cores,
                memory_gb, cpu_allocatable, memory_allocatable_bytes, pods_allocatable, cpu_requested,
                memory_requested_bytes, pod_count)
            VALUES (\(UUID.version7()), \(registration.id), \(UUID.version7().text), \(name), \(instance), 'spot',
                'ready', 1, 1, 1, 1, 1, 1, 1, 1)
            """
        )
        return (registration.id, name)
    }

    func record(
        _ told: [InterruptionEvent],
        of owner: UUID? = nil,
        letters: [DeadLetter] = []
    ) async throws -> [InterruptionInbox.Entry] {
        try await inbox.record(
            told,
            of: owner ?? customer,
            from: "https://queue",
            by: "test",
            letters: letters
        )
    }

    func parsed(_ body: String) throws -> [InterruptionEvent] {
        guard case .events(let events) = try InterruptionParser.parse(body) else { return [] }
        return events
    }

    func warning(_ instance: String, id: String, age: Double = 1) throws -> InterruptionEvent {
        try parsed(
            Samples.warning(instance: instance, id: id, time: Date(timeIntervalSinceNow: -age).rfc3339)
        )[0]
    }

    func rebalance(_ instance: String, id: String) throws -> InterruptionEvent {
        try parsed(
            Samples.rebalance(instance: instance, id: id, time: Date(timeIntervalSinceNow: -1).rfc3339)
        )[0]
    }

    func job(_ id: UUID?) async throws -> JobRecord? {
        guard let id else { return nil }
        return try await fleet.queue.journal.entry(id)?.job
    }

    /// How many jobs there are.
    func jobs() async throws -> Int {
        let rows = try await fleet.pool.query("SELECT count(*) FROM jobs")
        return Int(try rows[0].decode(0, as: Int64.self))
    }

    /// Writes a job's outcome as a worker does.
    func finish(_ job: UUID, _ status: AttemptRecord.Status = .success) async throws {
        let failure = AttemptRecord.Failure(code: "told", message: "as told", isRetryable: false)
        _ = try await fleet.queue.journal.record([
            AttemptRecord(
                jobID: job,
                fence: 0,
                attempt: 1,
                queue: JobType.handleSpotWarning.rawValue,
                workerID: "w",
                startedAt: Date(),
                duration: .milliseconds(5),
                status: status,
                isTerminal: true,
                failure: status == .success ? nil : failure
            )
        ])
    }
}
