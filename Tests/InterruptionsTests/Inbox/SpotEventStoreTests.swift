import FoundationEssentials
import Interruptions
import Store
import TestKit
import Testing

@Suite("Spot event store", .timeLimit(.minutes(1))) struct SpotEventStoreTests {
    @Test func listsPageByPageTheLatestFirst() async throws {
        try await TestInbox.with { inbox in
            var ids: [UUID] = []
            for number in 0..<7 {
                let event = try inbox.warning("i-0\(number)", id: "e\(number)")
                ids += try await inbox.record([event]).map(\.eventID)
            }
            var found: [UUID] = []
            var cursor: UUID?
            repeat {
                let page = try await inbox.events.list(
                    .init(customerID: inbox.customer),
                    before: cursor,
                    limit: 3
                )
                found += page.map(\.id)
                cursor = page.count == 3 ? page.last?.id : nil
            } while cursor != nil
            #expect(found == ids.reversed())
        }
    }

    @Test func filters() async throws {
        try await TestInbox.with { inbox in
            let (cluster, _) = try await inbox.node("i-0abc")
            let told = [
                try inbox.warning("i-0abc", id: "a"), try inbox.rebalance("i-0abc", id: "b"),
                try inbox.warning("i-0def", id: "c", age: 3600),
            ]
            let ids = try await inbox.record(told).map(\.eventID)
            func found(_ filter: SpotEventStore.Filter) async throws -> Set<UUID> {
                Set(try await inbox.events.list(filter, before: nil, limit: 10).map(\.id))
            }
            #expect(try await found(.init(clusterID: cluster)) == [ids[0], ids[1]])
            #expect(try await found(.init(eventType: "interruption_warning")) == [ids[0], ids[2]])
            #expect(try await found(.init(status: .late)) == [ids[2]])
            let middle = Date(timeIntervalSinceNow: -600)
            #expect(try await found(.init(since: middle)) == [ids[0], ids[1]])
            #expect(try await found(.init(until: middle)) == [ids[2]])
            #expect(try await found(.init(customerID: .version7())) == [])
        }
    }

    @Test func finishesTheEventsOfAJob() async throws {
        try await TestInbox.with { inbox in
            let told = [try inbox.warning("i-0abc", id: "a"), try inbox.warning("i-0abc", id: "b")]
            let entries = try await inbox.record(told)
            let job = try #require(entries[0].jobID)
            #expect(try await inbox.events.latestReplacement(of: "i-0abc", customer: inbox.customer) == nil)
            let result = SpotEventResult(
                .handled,
                actionTaken: "drained",
                nodeName: "n",
                replacementInstanceID: "i-0new",
                drainDurationSeconds: 17,
                timings: Array(#"{"cordoned":0.5}"#.utf8),
                pods: Array(#"[{"name":"p","result":"evicted"}]"#.utf8)
            )
            let finished = try await inbox.events.finish(eventsOf: job, result)
            #expect(Set(finished) == Set(entries.map(\.eventID)))
            let record = try #require(try await inbox.events.find(entries[1].eventID))
            #expect(record.status == .handled)
            #expect(record.actionTaken == "drained")
            #expect(record.nodeName == "n")
            #expect(record.drainDurationSeconds == 17)
            #expect(
                try JSONValue(parsing: try #require(record.timings)) == .object(["cordoned": .number(0.5)])
            )
            #expect(record.pods != nil)
            #expect(record.processedAt != nil)
            let replaced = try await inbox.events.latestReplacement(of: "i-0abc", customer: inbox.customer)
            #expect(replaced?.replacementInstanceID == "i-0new")
            #expect(try await inbox.events.latestReplacement(of: "i-0abc", customer: .version7()) == nil)
        }
    }

    @Test func whatCameLateStaysLate() async throws {
        try await TestInbox.with { inbox in
            let entry = try #require(
                try await inbox.record([try inbox.warning("i-0a", id: "a", age: 900)]).first
            )
            _ = try await inbox.events.finish(eventsOf: try #require(entry.jobID), SpotEventResult(.handled))
            #expect(try await inbox.events.find(entry.eventID)?.status == .late)
            try await inbox.events.finish(entry.eventID, SpotEventResult(.failed, reason: "no machine"))
            let record = try #require(try await inbox.events.find(entry.eventID))
            #expect(record.status == .failed)
            #expect(record.reason == "no machine")
        }
    }

    @Test func settlesWhatItsJobLeftOpen() async throws {
        try await TestInbox.with { inbox in
            let told = [
                try inbox.warning("i-0a", id: "a"), try inbox.warning("i-0b", id: "b"),
                try inbox.warning("i-0c", id: "c"), try inbox.warning("i-0d", id: "d", age: 900),
            ]
            let entries = try await inbox.record(told)
            try await inbox.finish(try #require(entries[0].jobID), .success)
            try await inbox.finish(try #require(entries[1].jobID), .timeout)
            try await inbox.finish(try #require(entries[3].jobID), .success)
            // It may still say so itself.
            #expect(try await inbox.events.settleEnded(after: .seconds(60)) == 0)
            #expect(try await inbox.events.settleEnded(after: .zero) == 3)
            #expect(try await inbox.events.settleEnded(after: .zero) == 0)
            var statuses: [SpotEventRecord.Status?] = []
            for entry in entries { statuses.append(try await inbox.events.find(entry.eventID)?.status) }
            #expect(statuses == [.handled, .failed, .accepted, .late])
            let failed = try await inbox.events.find(entries[1].eventID)
            #expect(failed?.reason == "its job ended: timeout")
        }
    }
}
