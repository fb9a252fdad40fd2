import ArgumentParser
import Bootstrap
import Store

/// `cloudoptim schedules`.
struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "What the clock makes, and when it last did."
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await FleetAccess.with { fleet, _ in
            var table = Table("name", "type", "every_seconds", "paused", "last_tick")
            for schedule in try await ScheduleStore(pool: fleet.pool).list() {
                table.add(
                    .string(schedule.name),
                    .string(schedule.jobType),
                    .count(schedule.everySeconds),
                    .bool(schedule.isPaused),
                    .time(schedule.lastTick)
                )
            }
            try table.print(asJSON: common.json)
        }
    }
}
