import FoundationEssentials
import Interruptions
import Jobs
import Postgres
import Store
import TestKit
import Testing

@Suite("Interruption inbox", .timeLimit(.minutes(1))) struct InboxTests {
    @Test func storesAnEventAndItsJobTogether() async throws {
        try await TestInbox.with { inbox in
            let (cluster, node) = try await inbox.node("i-0abc")
            let event = try inbox.warning("i-0abc", id: "e1")
            let entry = try #require(try await inbox.record([event]).first)
            #expect(entry.isNew)
            #expect(entry.status == .accepted)
            let record = try #require(try await inbox.events.find(entry.eventID))
            #expect(record.customerID == inbox.customer)
            #expect(record.clusterID == cluster)
            #expect(record.nodeName == node)
            #expect(record.sourceEventID == "e1")
            #expect(record.eventType == "interruption_warning")
            #expect(record.queueURL == "https://queue")
            #expect(record.jobID == entry.jobID)
            let left = try #require(record.deadline).timeIntervalSince(event.time)
            #expect(abs(left - 120) < 0.01)
            #expect(record.processedAt == nil)
            let job = try #require(try await inbox.job(entry.jobID))
            #expect(job.type == "handle-spot-warning")
            #expect(job.clusterID == cluster)
            #expect(job.customerID == inbox.customer)
            #expect(job.deadline == record.deadline)
            #expect(job.priority == 1)
            #expect(try await inbox.events.events(of: job.id) == [record])
            let live = try await inbox.fleet.queue.view(job.id)
            #expect(live?.state == .ready)
        }
    }

    @Test func toldAgainNothingHappens() async throws {
        try await TestInbox.with { inbox in
            let event = try inbox.warning("i-0abc", id: "e1")
            let first = try await inbox.record([event, event])
            #expect(first.map(\.isNew) == [true, false])
            #expect(first[0].eventID == first[1].eventID)
            let job = try #require(first[0].jobID)
            #expect(try await inbox.record([event]).first?.jobID == job)
            try await inbox.finish(job)
            let after = try #require(try await inbox.record([event]).first)
            #expect(!after.isNew)
            #expect(after.jobID == job)
            #expect(try await inbox.jobs() == 1)
        }
    }

    /// A machine that was stopped may run again, and its node is still cordoned then.
    @Test(arguments: ["stop", "hibernate"]) func aStoppedMachineThatRunsAgainIsAJob(action: String)
        async throws
    {
        try await TestInbox.with { inbox in
            let (cluster, _) = try await inbox.node("i-0abc")
            func running(_ id: String, age: Double) async throws -> InterruptionInbox.Entry {
                let time = Date(timeIntervalSinceNow: -age).rfc3339
                let told = try inbox.parsed(Samples.state("running", instance: "i-0abc", id: id, time: time))
                return try #require(try await inbox.record(told).first)
            }
            // Machines begin all the time.
            #expect(try await running("r0", age: 60).status == .ignored)
            let time = Date(timeIntervalSinceNow: -30).rfc3339
            let warning = try inbox.parsed(
                Samples.warning(action, instance: "i-0abc", id: "w", time: time)
            )
            let stop = try #require(try await inbox.record(warning).first?.jobID)
            // Told late: it ran before it was stopped.
            #expect(try await running("r1", age: 50).status == .ignored)
            let started = try await running("r2", age: 1)
            #expect(started.status == .accepted)
            let job = try #require(try await inbox.job(started.jobID))
            #expect(job.type == "settle-interruption" && job.clusterID == cluster)
            let parameters = try JSONValue(parsing: job.parameters).members
            #expect(parameters?["interruption"] == .string(stop.text))
            #expect(parameters?["machine_started"] == .bool(true))
            #expect(try await running("r3", age: 0).jobID == job.id)
            // An event that was ignored may be told to be processed again.
            #expect(try await inbox.jobs() == 2)
            try await inbox.finish(job.id)
            try await inbox.events.add(
                timings: Array(#"{"node_returned":40}"#.utf8),
                reason: nil,
                failed: false,
                to: stop
            )
            #expect(try await running("r4", age: 0).status == .ignored)
        }
    }

    @Test func aTerminatedMachineDoesNotRunAgain() async throws {
        try await TestInbox.with { inbox in
            try await inbox.node("i-0abc")
            _ = try await inbox.record([try inbox.warning("i-0abc", id: "w", age: 30)])
            let told = try inbox.parsed(
                Samples.state("running", instance: "i-0abc", id: "r", time: Date().rfc3339)
            )
            #expect(try await inbox.record(told).first?.status == .ignored)
        }
    }

    @Test func messagesAboutOneThingShareAJob() async throws {
        try await TestInbox.with { inbox in
            let entries = try await inbox.record([
                try inbox.warning("i-0abc", id: "w1"), try inbox.warning("i-0abc", id: "w2"),
                try inbox.rebalance("i-0abc", id: "r1"), try inbox.rebalance("i-0abc", id: "r2"),
                try inbox.warning("i-0def", id: "w1"),
            ])
            #expect(entries.allSatisfy { $0.isNew })
            #expect(entries[0].jobID == entries[1].jobID)
            #expect(entries[2].jobID == entries[3].jobID)
            // A warning never waits for what was begun on a recommendation.
            #expect(entries[0].jobID != entries[2].jobID)
            #expect(entries[4].jobID != entries[0].jobID)
            #expect(try await inbox.jobs() == 3)
            // When the job has ended, another event is another job.
            try await inbox.finish(try #require(entries[0].jobID))
            let again = try await inbox.record([try inbox.warning("i-0abc", id: "w3")])
            #expect(again.first?.jobID != entries[0].jobID)
        }
    }

    @Test func recordsWhatNeedsNoJob() async throws {
        try await TestInbox.with { inbox in
            let told = try inbox.parsed(Samples.state("running"))
            let entry = try #require(try await inbox.record(told).first)
            #expect(entry.status == .ignored)
            #expect(entry.jobID == nil)
            #expect(try await inbox.jobs() == 0)
            let late = try inbox.warning("i-0abc", id: "late", age: 500)
            let lateEntry = try #require(try await inbox.record([late]).first)
            #expect(lateEntry.status == .late)
            let record = try #require(try await inbox.events.find(lateEntry.eventID))
            #expect(record.reason?.hasPrefix("heard of 500 s") == true)
            let job = try #require(try await inbox.job(lateEntry.jobID))
            #expect((job.deadline ?? .distantPast) > Date(timeIntervalSinceNow: 500))
        }
    }

    @Test func customersAreApart() async throws {
        try await TestInbox.with { inbox in
            let other = try await inbox.newCustomer()
            try await inbox.node("i-0abc", of: other)
            let event = try inbox.warning("i-0abc", id: "e1")
            let mine = try #require(try await inbox.record([event]).first)
            let theirs = try #require(try await inbox.record([event], of: other).first)
            #expect(mine.isNew && theirs.isNew)
            #expect(mine.jobID != theirs.jobID)
            #expect(try await inbox.events.find(mine.eventID)?.clusterID == nil)
            #expect(try await inbox.events.find(theirs.eventID)?.clusterID != nil)
            let filter = SpotEventStore.Filter(customerID: inbox.customer)
            #expect(try await inbox.events.list(filter, before: nil, limit: 10).map(\.id) == [mine.eventID])
        }
    }

    @Test func manyAtOnceMakeOneJob() async throws {
        try await TestInbox.with { inbox in
            let events = try (0..<20).map { try inbox.warning("i-0\($0)", id: "e\($0)") }
            let all = try await withThrowingTaskGroup(of: [InterruptionInbox.Entry].self) { group in
                for round in 0..<6 {
                    let told = round.isMultiple(of: 2) ? events : events.reversed()
                    group.addTask { try await inbox.record(told) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(all.joined().filter { $0.isNew }.count == 20)
            #expect(Set(all.joined().map(\.eventID)).count == 20)
            #expect(Set(all.joined().compactMap(\.jobID)).count == 20)
            #expect(try await inbox.jobs() == 20)
        }
    }

    @Test func aFailureLeavesNothingBehind() async throws {
        try await TestInbox.with { inbox in
            _ = try await inbox.fleet.pool.execute(
                "ALTER TABLE job_dedupe ADD CONSTRAINT never CHECK (dedupe_key NOT LIKE '%i-0bad%')"
            )
            let told = [try inbox.warning("i-0good", id: "a"), try inbox.warning("i-0bad", id: "b")]
            await #expect(throws: PostgresError.self) { try await inbox.record(told) }
            #expect(try await inbox.jobs() == 0)
            #expect(try await inbox.events.list(.init(), before: nil, limit: 10).isEmpty)
        }
    }

    @Test func keepsUnreadableMessagesOnce() async throws {
        try await TestInbox.with { inbox in
            let letter = DeadLetter(
                customerID: inbox.customer,
                queueURL: "https://queue",
                messageID: "m1",
                reason: "the body is no JSON",
                body: "\u{0}" + String(repeating: "é", count: 100_000)
            )
            _ = try await inbox.record([], letters: [letter])
            _ = try await inbox.record([], letters: [letter])
            let found = try await inbox.letters.list(of: inbox.customer, limit: 10)
            #expect(found.count == 1)
            #expect(found.first?.reason == "the body is no JSON")
            let kept = try #require(found.first?.body.utf8.count)
            #expect((DeadLetter.maximumBytes - 4...DeadLetter.maximumBytes).contains(kept))
        }
    }

    @Test func processesAgainWhenTheJobHasEnded() async throws {
        try await TestInbox.with { inbox in
            let entry = try #require(try await inbox.record([try inbox.warning("i-0abc", id: "e")]).first)
            let still = try #require(try await inbox.inbox.processAgain(entry.eventID, by: "operator"))
            #expect(!still.isNew)
            #expect(still.jobID == entry.jobID)
            try await inbox.finish(try #require(entry.jobID), .failed)
            _ = try await inbox.events.settleEnded(after: .zero)
            #expect(try await inbox.events.find(entry.eventID)?.status == .failed)
            let again = try #require(try await inbox.inbox.processAgain(entry.eventID, by: "operator"))
            #expect(again.isNew)
            #expect(again.eventID == entry.eventID)
            #expect(again.jobID != entry.jobID)
            let record = try #require(try await inbox.events.find(entry.eventID))
            #expect(record.jobID == again.jobID)
            #expect(record.status == .accepted)
            #expect(record.processedAt == nil)
            #expect(try await inbox.inbox.processAgain(.version7(), by: "operator") == nil)
        }
    }
}
