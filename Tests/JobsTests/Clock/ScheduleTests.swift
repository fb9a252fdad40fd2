import FoundationEssentials
import Store
import Testing

@testable import Jobs

struct ScheduleTests {
    private let schedule: Schedule
    private let tick = Date(timeIntervalSince1970: 1_760_000_010)

    init() throws {
        schedule = try Schedule(Schedule.collectMetrics(every: .seconds(30)))
    }

    private func target() -> Schedule.Target { (cluster: UUID(), customer: UUID()) }

    private func ahead(_ schedule: Schedule, _ target: Schedule.Target?, _ tick: Date) -> JobSubmission {
        schedule.submission(tick: tick, for: target, at: tick.addingTimeInterval(-10))
    }

    @Test func isTheSameOnEveryScheduler() {
        let target = target()
        let (first, second) = (ahead(schedule, target, tick), ahead(schedule, target, tick))
        #expect(first.id == second.id)
        #expect(first.runAt == second.runAt)
        #expect(first.submittedBy == "schedule:collect-metrics")
        #expect(first.clusterID == target.cluster && first.customerID == target.customer)
    }

    @Test func differsByScheduleClusterAndTick() throws {
        let target = target()
        var definition = schedule.definition
        definition.name = "other"
        let identifiers = [
            ahead(schedule, target, tick), ahead(schedule, target, tick.addingTimeInterval(30)),
            ahead(schedule, self.target(), tick), ahead(try Schedule(definition), target, tick),
        ].map(\.id)
        #expect(Set(identifiers).count == 4)
    }

    @Test func hasTheTicksTimeInItsId() throws {
        let submission = ahead(schedule, target(), tick)
        #expect(try #require(submission.id).version7Milliseconds == tick.millisecondsSince1970)
    }

    @Test func staysClearOfTheEndsOfItsInterval() throws {
        for _ in 0..<500 {
            let submission = ahead(schedule, target(), tick)
            let offset = try #require(submission.runAt).timeIntervalSince(tick)
            #expect(offset >= 1.5 && offset < 22.5)
            #expect(submission.deadline == tick.addingTimeInterval(30))
        }
    }

    /// After an outage not all clusters at once, and none after its deadline.
    @Test func spreadsMissedTicksFromNowOn() throws {
        let now = tick.addingTimeInterval(20)
        var places: Set<Int> = []
        for _ in 0..<500 {
            let submission = schedule.submission(tick: tick, for: target(), at: now)
            let runAt = try #require(submission.runAt)
            #expect(runAt >= now && runAt < tick.addingTimeInterval(25))
            places.insert(Int(runAt.timeIntervalSince(now) * 2))
        }
        #expect(places.count >= 8)
    }

    @Test func spreadsClustersOverTheInterval() {
        let phases = (0..<1000).map { _ in Schedule.phase(of: UUID().bytes) }
        for tenth in 0..<10 {
            let count = phases.count { Int($0 * 10) == tenth }
            #expect(count > 50, "\(count) of 1000 in tenth \(tenth)")
        }
    }

    @Test func isAcceptedAheadOfItsInterval() throws {
        let submission = ahead(schedule, target(), tick)
        let acceptance = try submission.accepted(at: tick.addingTimeInterval(-15))
        #expect(!acceptance.runsAtOnce)
        #expect(acceptance.deadlineAfter == nil)
        #expect(acceptance.record.id == submission.id)
    }

    @Test(arguments: [ScheduleDefinition.MissedTicks.skip, .all])
    func keepsTheTypesDeadlineWhereEachTickCounts(missed: ScheduleDefinition.MissedTicks) throws {
        let canary = try Schedule(
            ScheduleDefinition(name: "canary", jobType: "noop", everySeconds: 1, missed: missed)
        )
        let submission = canary.submission(tick: tick, for: nil, at: tick.addingTimeInterval(100))
        #expect(submission.deadline == nil)
        #expect(submission.runAt == tick)
        #expect(submission.clusterID == nil)
    }

    private static let wrong: [(field: String, definition: ScheduleDefinition)] = [
        ("name", .init(name: "", jobType: "noop", everySeconds: 1)),
        ("name", .init(name: "A b", jobType: "noop", everySeconds: 1)),
        ("name", .init(name: String(repeating: "a", count: 61), jobType: "noop", everySeconds: 1)),
        ("type", .init(name: "x", jobType: "nap", everySeconds: 1)),
        ("type", .init(name: "x", jobType: "run-optimization", everySeconds: 1)),
        ("per_cluster", .init(name: "x", jobType: "collect-metrics", everySeconds: 60)),
        ("every_seconds", .init(name: "x", jobType: "noop")),
        ("every_seconds", .init(name: "x", jobType: "noop", everySeconds: 60, cron: "* * * * *")),
        ("every_seconds", .init(name: "x", jobType: "noop", everySeconds: 0)),
        ("every_seconds", .init(name: "x", jobType: "noop", everySeconds: 31 * 86_400 + 1)),
        ("time_zone", .init(name: "x", jobType: "noop", everySeconds: 60, timeZone: "Europe/Berlin")),
        ("time_zone", .init(name: "x", jobType: "noop", cron: "@daily", timeZone: "Europe/Nowhere")),
        ("time_zone", .init(name: "x", jobType: "noop", cron: "@daily", timeZone: "../passwd")),
        ("time_zone", .init(name: "x", jobType: "noop", cron: "@daily", timeZone: "/etc/passwd")),
        ("time_zone", .init(name: "x", jobType: "noop", cron: "@daily", timeZone: "Europe")),
        ("time_zone", .init(name: "x", jobType: "noop", cron: "@daily", timeZone: "zone.tab")),
        ("cron", .init(name: "x", jobType: "noop", cron: "0 0 30 2 *")),
        ("cron", .init(name: "x", jobType: "noop", cron: "0 0 * *")),
        ("max_catch_up", .init(name: "x", jobType: "noop", everySeconds: 1, maximumCatchUp: 0)),
        ("max_catch_up", .init(name: "x", jobType: "noop", everySeconds: 1, maximumCatchUp: 1001)),
        ("jitter_seconds", .init(name: "x", jobType: "noop", everySeconds: 1, jitter: .seconds(2))),
        ("jitter_seconds", .init(name: "x", jobType: "noop", everySeconds: 1, jitter: .seconds(-1))),
        (
            "parameters.naps",
            .init(name: "x", jobType: "noop", everySeconds: 1, parameters: Array(#"{"naps":1}"#.utf8))
        ),
        ("parameters", .init(name: "x", jobType: "noop", everySeconds: 1, parameters: Array("{".utf8))),
    ]

    @Test(arguments: wrong.indices) func namesTheFieldThatIsWrong(index: Int) {
        let (field, definition) = Self.wrong[index]
        let error = #expect(throws: SubmissionError.self) { try Schedule(definition) }
        #expect(error?.field == field, "\(definition): \(error?.description ?? "")")
    }
}
