import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RetentionStoreTests {
    private let day = Date(timeIntervalSince1970: 1_750_032_000)  // 2025-06-16
    private let name = "20250616"

    /// A job of an old day, finished or not.
    private func job(_ fleet: TestFleet, isFinished: Bool, dedupeKey: String? = nil) async throws -> JobRecord
    {
        let journal = JobJournal(pool: fleet.pool)
        let record = JobRecord(
            id: .version7(at: day.addingTimeInterval(3600)),
            type: "noop",
            queue: "noop",
            parameters: Array("{}".utf8),
            priority: 5,
            runAt: day,
            maxAttempts: 1,
            dedupeKey: dedupeKey,
            submittedAt: day,
            submittedBy: "test"
        )
        _ = try await journal.accept([JobAcceptance(record: record, runsAtOnce: false)])
        guard isFinished else { return record }
        _ = try await finish(fleet, record)
        return record
    }

    private func finish(_ fleet: TestFleet, _ record: JobRecord) async throws {
        _ = try await JobJournal(pool: fleet.pool).record([
            AttemptRecord(
                jobID: record.id,
                fence: Int64.max,
                attempt: 1,
                queue: "noop",
                workerID: nil,
                startedAt: day,
                duration: .zero,
                status: .success,
                isTerminal: true
            )
        ])
    }

    private func count(_ fleet: TestFleet, _ table: String) async throws -> Int {
        let rows = try await fleet.pool.query("SELECT count(*)::bigint AS rows FROM \(identifier: table)")
        return try #require(rows.first).decode("rows")
    }

    @Test func dropsADayWithAllThatBelongsToIt() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            let old = try await job(fleet, isFinished: true, dedupeKey: "left-over")
            _ = try await fleet.pool.execute(
                "INSERT INTO job_dedupe VALUES ('fleet', 'left-over', \(old.id)) ON CONFLICT DO NOTHING"
            )
            #expect(try await store.days(of: .jobs).contains(name))
            #expect(try await store.drop(name, of: .jobs) == .dropped)
            #expect(try await !store.days(of: .jobs).contains(name))
            #expect(try await count(fleet, "jobs") == 0)
            #expect(try await count(fleet, "job_attempts") == 0)
            #expect(try await count(fleet, "job_dedupe") == 0)
            // The series of that day is kept by itself.
            #expect(try await store.days(of: .metrics).contains(name))
            #expect(try await store.drop(name, of: .metrics) == .dropped)
            #expect(try await !store.days(of: .metrics).contains(name))
        }
    }

    @Test func keepsADayWithAJobThatHasNoOutcome() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            _ = try await job(fleet, isFinished: true)
            let open = try await job(fleet, isFinished: false)
            #expect(try await store.drop(name, of: .jobs) == .holdsOpenJobs)
            #expect(try await count(fleet, "jobs") == 2)
            #expect(try await count(fleet, "job_attempts") == 1)
            try await finish(fleet, open)
            #expect(try await store.drop(name, of: .jobs) == .dropped)
        }
    }

    /// Others must never wait behind us for long.
    @Test func givesUpWhileTheTablesAreInUse() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            _ = try await job(fleet, isFinished: true)
            try await fleet.pool.withTransaction { connection in
                _ = try await connection.query("SELECT count(*) FROM jobs")
                let begin = ContinuousClock.now
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await store.drop(name, of: .jobs)
                }
                #expect(error?.sqlState == "55P03")
                #expect(ContinuousClock.now - begin < .seconds(5))
            }
            #expect(try await count(fleet, "jobs") == 1)
            #expect(try await store.drop(name, of: .jobs) == .dropped)
        }
    }

    @Test func forgetsOldKeysInBatches() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            _ = try await fleet.pool.execute(
                """
                INSERT INTO job_idempotency (scope, key, request_hash, job_id, created_at)
                SELECT 'fleet', 'k' || n, ''::bytea, gen_random_uuid(), now() - n * interval '1 day'
                FROM generate_series(0, 40) AS n
                """
            )
            #expect(try await store.forgetKeys(olderThan: 30, limit: 8) == 8)
            #expect(try await store.forgetKeys(olderThan: 30, limit: 8) == 3)
            #expect(try await count(fleet, "job_idempotency") == 30)
        }
    }

    /// An old id, and one of today.
    private var ids: [UUID] { [.version7(at: day), .version7(at: day), .version7()] }

    private func event(_ id: UUID, job: UUID?, in fleet: TestFleet) async throws {
        _ = try await fleet.pool.execute(
            """
            INSERT INTO spot_events (event_id, instance_id, event_type, event_time, source_event_id, job_id)
            VALUES (\(id), 'i-0abc', 'interruption_warning', now(), \(id.text), \(job))
            """
        )
    }

    @Test func forgetsOldEventsButThoseOfOpenJobs() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            let open = try await job(fleet, isFinished: false)
            let ended = try await job(fleet, isFinished: true)
            // Of a job whose day was dropped, of none, and of today.
            for job in [UUID.version7(at: day), nil, ended.id, open.id] {
                try await event(.version7(at: day), job: job, in: fleet)
            }
            try await event(.version7(), job: nil, in: fleet)
            #expect(try await store.forget(.events, olderThan: 30, limit: 2) == 2)
            #expect(try await store.forget(.events, olderThan: 30, limit: 2) == 1)
            #expect(try await store.forget(.events, olderThan: 30, limit: 2) == 0)
            #expect(try await count(fleet, "spot_events") == 2)
            try await finish(fleet, open)
            #expect(try await store.forget(.events, olderThan: 30, limit: 2) == 1)
            #expect(try await count(fleet, "spot_events") == 1)
        }
    }

    @Test func forgetsOldNotificationsButThoseThatAreStillSent() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            let owner = CustomerRecord(companyName: "c", externalID: UUID().text)
            try await CustomerStore(pool: fleet.pool).insert(owner)
            let (on, off) = (
                try await fleet.makeChannel(for: owner.id), try await fleet.makeChannel(for: owner.id)
            )
            for id in [on, off] {
                for (days, state) in [(40, "pending"), (40, "sent"), (40, "failed"), (1, "pending")] {
                    _ = try await fleet.pool.execute(
                        """
                        INSERT INTO notifications (channel_id, customer_id, event_id, kind, facts, occurred_at, state,
                            created_at, finished_at)
                        SELECT \(id), \(owner.id), \(UUID.version7()), 'test', '{}', t, \(state), t,
                            CASE WHEN \(state)::text <> 'pending' THEN t END
                        FROM (SELECT now() - \(days)::int * interval '1 day' AS t) AS x
                        """
                    )
                }
            }
            try await NotificationStore(pool: fleet.pool).disable(off, because: "it is gone")
            #expect(try await store.forget(.notifications, olderThan: 30, limit: 10) == 5)
            let left = try await NotificationStore(pool: fleet.pool).list(of: owner.id, limit: 10)
            #expect(left.allSatisfy { $0.state == .pending })
            #expect(left.count { $0.channelID == on } == 2)
        }
    }

    @Test func forgetsOldStepsButThoseOfOpenJobs() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            let open = try await job(fleet, isFinished: false)
            for id in [open.id] + ids {
                for step in ["one", "two"] {
                    _ = try await fleet.pool.execute(
                        "INSERT INTO job_steps (job_id, step, fence, content) VALUES (\(id), \(step), 1, '{}')"
                    )
                }
            }
            #expect(try await store.forget(.steps, olderThan: 30, limit: 3) == 3)
            #expect(try await store.forget(.steps, olderThan: 30, limit: 3) == 1)
            #expect(try await count(fleet, "job_steps") == 4)
        }
    }

    @Test func forgetsOldLettersAndOfferingsOfThePast() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            for id in ids {
                _ = try await fleet.pool.execute(
                    """
                    INSERT INTO event_dead_letters (letter_id, message_id, reason, body)
                    VALUES (\(id), \(id.text), 'r', 'b')
                    """
                )
            }
            #expect(try await store.forget(.deadLetters, olderThan: 30, limit: 10) == 2)
            #expect(try await count(fleet, "event_dead_letters") == 1)
            let offerings = OfferingStore(pool: fleet.pool)
            for (type, duration) in [("m5.large", Duration.seconds(-1)), ("m5.xlarge", .seconds(60))] {
                try await offerings.remember(
                    [Offering(market: "spot", instanceType: type, zone: "us-east-1a")],
                    account: "123456789012",
                    region: "us-east-1",
                    reason: "InsufficientInstanceCapacity",
                    for: duration
                )
            }
            #expect(try await store.forget(.offerings, olderThan: 30, limit: 10) == 1)
            #expect(
                try await offerings.unavailable(account: "123456789012", region: "us-east-1")
                    .map(\.instanceType) == ["m5.xlarge"]
            )
        }
    }

    @Test func makesPartitionsAhead() async throws {
        try await TestFleet.with { fleet async throws in
            let store = RetentionStore(pool: fleet.pool)
            try await store.makePartitions(ahead: 9)
            let last = try await store.now().addingTimeInterval(9 * 86_400).rfc3339.prefix(10).filter {
                $0 != "-"
            }
            for kind in RetentionStore.Kind.allCases {
                #expect(try await store.days(of: kind).last == last)
            }
        }
    }
}
