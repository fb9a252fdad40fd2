import FoundationEssentials
import Store
import Testing

@testable import Jobs

struct ScheduleTests {
    private let schedule = Schedule(name: "metrics", type: .collectMetrics, every: .seconds(30))
    private let tick = Date(timeIntervalSince1970: 1_760_000_010)

    @Test func isTheSameOnEveryScheduler() {
        let (cluster, customer) = (UUID(), UUID())
        let first = schedule.submission(tick: tick, cluster: cluster, customer: customer)
        let second = schedule.submission(tick: tick, cluster: cluster, customer: customer)
        #expect(first.id == second.id)
        #expect(first.runAt == second.runAt)
        #expect(first.submittedBy == "schedule:metrics")
        #expect(first.clusterID == cluster && first.customerID == customer)
    }

    @Test func differsByScheduleClusterAndTick() {
        let (cluster, customer) = (UUID(), UUID())
        let other = Schedule(name: "other", type: .collectMetrics, every: .seconds(30))
        let identifiers = [
            schedule.submission(tick: tick, cluster: cluster, customer: customer),
            schedule.submission(tick: tick.addingTimeInterval(30), cluster: cluster, customer: customer),
            schedule.submission(tick: tick, cluster: UUID(), customer: customer),
            other.submission(tick: tick, cluster: cluster, customer: customer),
        ].map(\.id)
        #expect(Set(identifiers).count == 4)
    }

    @Test func hasTheTicksTimeInItsId() throws {
        let submission = schedule.submission(tick: tick, cluster: UUID(), customer: UUID())
        #expect(try #require(submission.id).version7Milliseconds == tick.millisecondsSince1970)
    }

    @Test func staysClearOfTheEndsOfItsInterval() throws {
        for _ in 0..<500 {
            let submission = schedule.submission(tick: tick, cluster: UUID(), customer: UUID())
            let offset = try #require(submission.runAt).timeIntervalSince(tick)
            #expect(offset >= 1.5 && offset < 22.5)
            #expect(submission.deadline == tick.addingTimeInterval(30))
        }
    }

    @Test func spreadsClustersOverTheInterval() {
        let phases = (0..<1000).map { _ in Schedule.phase(of: UUID()) }
        for tenth in 0..<10 {
            let count = phases.count { Int($0 * 10) == tenth }
            #expect(count > 50, "\(count) of 1000 in tenth \(tenth)")
        }
    }

    @Test func isAcceptedAheadOfItsInterval() throws {
        let submission = schedule.submission(tick: tick, cluster: UUID(), customer: UUID())
        let acceptance = try submission.accepted(at: tick.addingTimeInterval(-15))
        #expect(!acceptance.runsAtOnce)
        #expect(acceptance.deadlineAfter == nil)
        #expect(acceptance.record.id == submission.id)
    }
}
