import FoundationEssentials
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JournalReadTests {
    @Test func listsOpenJobsPageByPageWithTheAttemptsTheyUsed() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let start = Date().addingTimeInterval(-10)
            let jobs = (0..<5).map {
                JobAcceptance.sample(id: .version7(at: start.addingTimeInterval(Double($0))))
            }
            _ = try await journal.accept(jobs)
            let ids = jobs.map(\.record.id)
            let fence = try await journal.epoch() + 1
            _ = try await journal.record([
                .sample(of: ids[0], fence: fence),
                .sample(of: ids[1], fence: fence + 1, .failed, isTerminal: false),
                .sample(of: ids[1], fence: fence + 2, .lost, isTerminal: false),
                .sample(of: ids[1], fence: fence + 3, .released, isTerminal: false),
            ])
            let first = try await journal.openJobs(after: nil, page: 3)
            #expect(first.jobs.map(\.job.id) == [ids[1], ids[2]])
            #expect(first.jobs.map(\.attemptsUsed) == [1, 0])
            let second = try await journal.openJobs(after: first.end, page: 10)
            #expect(second.jobs.map(\.job.id) == [ids[3], ids[4]])
            let last = try await journal.openJobs(after: second.end, page: 10)
            #expect(last.jobs.isEmpty && last.end == nil)
            #expect(try await journal.openJobs(among: ids + [UUID()]).map(\.job.id) == Array(ids[1...]))
            #expect(try await journal.openJobs(among: []).isEmpty)
            let before = Date().addingTimeInterval(-60)
            let recent = try await journal.openJobs(submittedSince: before, settledFor: .zero)
            #expect(Set(recent.map(\.id)) == Set(ids[1...]))
            #expect(try await journal.openJobs(submittedSince: before, settledFor: .seconds(60)).isEmpty)
            let ahead = Date().addingTimeInterval(60)
            #expect(try await journal.openJobs(submittedSince: ahead, settledFor: .zero).isEmpty)
        }
    }

    @Test func filtersAndPages() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let (customer, cluster) = (UUID(), UUID())
            let start = Date().addingTimeInterval(-10)
            func id(_ number: Double) -> UUID { .version7(at: start.addingTimeInterval(number)) }
            let jobs: [JobAcceptance] = [
                .sample(id: id(0)),
                .sample(id: id(1), customer: customer),
                .sample(id: id(2), type: "collect-metrics", customer: customer, cluster: cluster),
                .sample(id: id(3), cluster: cluster),
            ]
            _ = try await journal.accept(jobs)
            let ids = jobs.map(\.record.id)
            let fence = try await journal.epoch() + 1
            _ = try await journal.record([
                .sample(of: ids[0], fence: fence), .sample(of: ids[1], fence: fence + 1, .failed),
            ])
            func list(_ filter: JobJournal.Filter, before: UUID? = nil, limit: Int = 10) async throws
                -> [UUID]
            {
                try await journal.entries(filter, before: before, limit: limit).map(\.job.id)
            }
            #expect(try await list(.init()) == ids.reversed())
            #expect(try await list(.init(), limit: 2) == [ids[3], ids[2]])
            #expect(try await list(.init(), before: ids[2]) == [ids[1], ids[0]])
            #expect(try await list(.init(customerID: customer)) == [ids[2], ids[1]])
            #expect(try await list(.init(clusterID: cluster)) == [ids[3], ids[2]])
            #expect(try await list(.init(type: "collect-metrics")) == [ids[2]])
            #expect(try await list(.init(outcome: .failed)) == [ids[1]])
            #expect(try await list(.init(outcome: .success)) == [ids[0]])
            #expect(try await list(.init(isOpen: true)) == [ids[3], ids[2]])
            #expect(try await list(.init(since: Date().addingTimeInterval(60))).isEmpty)
            #expect(try await list(.init(until: Date().addingTimeInterval(60))).count == 4)
            #expect(try await list(.init(customerID: customer, isOpen: true)) == [ids[2]])
        }
    }
}
