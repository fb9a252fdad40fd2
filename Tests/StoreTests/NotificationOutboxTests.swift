import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite("What customers are told", .timeLimit(.minutes(1))) struct NotificationOutboxTests {
    private struct Undone: Error {}

    /// A customer with a channel for everything.
    private func customer(_ fleet: TestFleet, kinds: [String]? = nil) async throws -> UUID {
        let owner = CustomerRecord(
            companyName: "c",
            awsRoleARN: "arn:aws:iam::123456789012:role/r",
            sqsQueueURL: "https://sqs.us-east-1.amazonaws.com/123456789012/q",
            externalID: UUID().text
        )
        try await CustomerStore(pool: fleet.pool).insert(owner)
        try await fleet.makeChannel(for: owner.id, kinds: kinds)
        return owner.id
    }

    private func told(_ fleet: TestFleet, _ customer: UUID) async throws -> [String] {
        try await NotificationStore(pool: fleet.pool).list(of: customer, limit: 100).map(\.kind).reversed()
    }

    @Test(
        "an interruption is told in its own transaction: received, replaced, drained, with the pods that were lost"
    )
    func tellsInterruptions() async throws {
        try await TestFleet.with { fleet in
            let customer = try await customer(fleet)
            let events = SpotEventStore(pool: fleet.pool)
            let warning = NewSpotEvent(
                sourceEventID: "e",
                instanceID: "i-1",
                eventType: "interruption_warning",
                eventTime: Date(),
                detail: Array("{}".utf8),
                deadline: Date().addingTimeInterval(120),
                status: .accepted
            )
            var seen = warning
            (seen.id, seen.sourceEventID, seen.status) = (.version7(), "s", .ignored)
            let journal = JobJournal(pool: fleet.pool)
            await #expect(throws: Undone.self) {
                try await journal.withTransaction { transaction in
                    _ = try await events.insert([warning], of: customer, in: transaction)
                    throw Undone()
                }
            }
            #expect(try await told(fleet, customer).isEmpty)
            let job = UUID.version7()
            for _ in 0..<2 {
                var again = warning
                again.id = .version7()
                try await journal.withTransaction { transaction in
                    let accepted = try await events.insert([again, seen], of: customer, in: transaction)
                    guard case .new = accepted.first else { return }
                    try await events.assign(
                        job,
                        to: again.id,
                        status: .accepted,
                        deadline: nil,
                        reason: nil,
                        in: transaction
                    )
                }
            }
            #expect(try await told(fleet, customer) == ["interruption_received"])
            for _ in 0..<2 { try await events.launched("i-2", by: job) }
            var result = SpotEventResult(.failed, reason: "1 pods lost", actionTaken: "drained")
            result.pods = Array(
                #"[{"pod":{"namespace":"shop","name":"web-0","uid":"u"},"outcome":"lost"},{"pod":{"namespace":"shop","name":"web-1","uid":"v"},"outcome":"forced"}]"#
                    .utf8
            )
            for _ in 0..<2 { try await events.finish(eventsOf: job, result) }
            #expect(
                try await told(fleet, customer) == [
                    "interruption_received", "replacement_launched", "drain_done", "pods_forced", "pods_lost",
                ]
            )
            let lost = try await NotificationStore(pool: fleet.pool).list(of: customer, limit: 1)
            #expect(String(decoding: lost[0].facts, as: UTF8.self).contains("shop/web-0"))
        }
    }

    @Test("a token that is refused is told once, until it is refused anew")
    func tellsRefusedTokens() async throws {
        try await TestFleet.with { fleet in
            let customer = try await customer(fleet)
            let clusters = ClusterStore(pool: fleet.pool, keyring: fleet.keyring)
            let cluster = ClusterRegistration(
                customerID: customer,
                name: "prod",
                apiEndpoint: "https://k8s.example.com",
                certificateAuthority: nil,
                token: "cluster-token-51",
                tokenExpiresAt: nil,
                region: "eu-central-1"
            )
            try await clusters.register(cluster, with: nil)
            for _ in 0..<2 { try await clusters.credentialRefused(cluster.id, reason: "401") }
            #expect(try await told(fleet, customer) == ["credential_refused"])
            var change = ClusterChange()
            change.token = "another"
            _ = try await clusters.update(cluster.id, by: change)
            try await clusters.credentialRefused(cluster.id, reason: "401")
            #expect(try await told(fleet, customer) == ["credential_refused", "credential_refused"])
        }
    }

    @Test("a queue that cannot be read is told after a while, once")
    func tellsUnreadableQueues() async throws {
        try await TestFleet.with { fleet in
            let customer = try await customer(fleet)
            let leases = QueueLeaseStore(pool: fleet.pool)
            _ = try await leases.claim(1, for: "s", .seconds(30))
            let reading = QueueLeaseStore.Reading(
                customerID: customer,
                problem: "access denied",
                problemCode: "accessDenied",
                secondsSinceRead: nil
            )
            _ = try await leases.renew([reading], for: "s", .seconds(30))
            #expect(try await told(fleet, customer).isEmpty)
            _ = try await fleet.pool.execute(
                "UPDATE event_queue_leases SET problem_since = problem_since - interval '2 minutes'"
            )
            for _ in 0..<2 { _ = try await leases.renew([reading], for: "s", .seconds(30)) }
            #expect(try await told(fleet, customer) == ["queue_unreadable"])
        }
    }

    @Test("ghosts are told once for each change, to channels that want to hear of them")
    func tellsGhosts() async throws {
        try await TestFleet.with { fleet in
            let everything = try await customer(fleet)
            let drains = try await customer(fleet, kinds: ["drain_done"])
            let ghosts = [everything, drains].map { customer in
                GhostRecord(
                    kind: .instance,
                    customerID: customer,
                    clusterID: UUID.version7(),
                    instanceID: "i-1",
                    region: "us-east-1",
                    tags: [],
                    status: .flagged,
                    seenAt: Date()
                )
            }
            for ghost in ghosts + ghosts {
                let event = try #require(NotificationEvent.ghost(.flagged, of: ghost))
                try await JobJournal(pool: fleet.pool).withTransaction {
                    try await NotificationOutbox.record(event, in: $0)
                }
            }
            #expect(try await told(fleet, everything) == ["ghost_flagged"])
            #expect(try await told(fleet, drains).isEmpty)
        }
    }

    @Test("a channel's target and secret are sealed to their own row, and gone when it is deleted")
    func sealsSecrets() async throws {
        try await TestFleet.with { fleet in
            let customer = try await customer(fleet)
            let store = NotificationChannelStore(pool: fleet.pool, keyring: fleet.keyring)
            let channel = NewNotificationChannel(
                customerID: customer,
                name: "hook",
                kind: .webhook,
                target: "https://example.com/target-in-clear",
                shownTarget: "https://example.com/…",
                secret: "secret-in-clear",
                kinds: nil
            )
            try await store.insert(channel)
            let text: String = try #require(
                try await fleet.pool.query(
                    "SELECT string_agg(c::text, ' ') AS text FROM notification_channels c"
                ).first
            ).decode("text")
            #expect(!text.contains("in-clear"))
            let open = try #require(try await store.open(channel.id))
            #expect(open.target == channel.target && open.secret == channel.secret)
            var dumped = "\(open)"
            dump(open, to: &dumped)
            #expect(!dumped.contains("in-clear"))
            let other = try #require(try await store.list(of: customer, after: nil, limit: 1).first)
            _ = try await fleet.pool.execute(
                """
                UPDATE notification_channels SET target_sealed =
                    (SELECT target_sealed FROM notification_channels WHERE channel_id = \(channel.id))
                WHERE channel_id = \(other.id)
                """
            )
            await #expect(throws: (any Error).self) { try await store.open(other.id) }
            #expect(try await store.delete(channel.id))
            #expect(try await store.open(channel.id)?.target == nil)
        }
    }
}
