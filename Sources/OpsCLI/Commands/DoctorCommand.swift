import ArgumentParser
import Bootstrap
import Cryptography
import FoundationEssentials
import Jobs
import Redis
import Store

/// `cloudoptim doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks what the fleet stands on. Exits 1 if something has to be done."
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await FleetAccess.with(checked: false) { fleet, settings in
            var table = Table("check", "state", "detail")
            var isWell = true
            func check(_ name: String, _ body: () async throws -> String) async {
                do {
                    table.add(.string(name), .string("ok"), .string(try await body()))
                } catch {
                    isWell = false
                    table.add(.string(name), .string("FAILED"), .string("\(error)"))
                }
            }
            await check("master key") { "sealing with \(try settings.keyring().sealingKeyID)" }
            await check("PostgreSQL") {
                let drift = try await fleet.queue.journal.now().timeIntervalSinceNow
                guard abs(drift) < 5 else {
                    throw FleetError(reason: "its clock differs from ours by \(Int(drift)) s")
                }
                return "answers"
            }
            await check("schema and Redis's eviction") {
                try await fleet.check()
                return "fit"
            }
            await check("Redis's clock") {
                let reply = try await fleet.redis.send(RedisCommand("TIME")).array ?? []
                let postgres = try await fleet.queue.journal.now().timeIntervalSince1970
                let drift = (reply.first?.double ?? 0) - postgres
                guard abs(drift) < 5 else {
                    throw FleetError(reason: "differs from PostgreSQL's by \(Int(drift)) s")
                }
                return "agrees with PostgreSQL's"
            }
            await check("workers") {
                let workers = try await fleet.queue.index.workers()
                guard !workers.isEmpty else { throw FleetError(reason: "none has beaten in the last 30 s") }
                let served = Set(workers.flatMap(\.queues))
                let missing = JobCatalogue.served.map(\.rawValue).filter { !served.contains($0) }
                guard missing.isEmpty else {
                    throw FleetError(reason: "none serves \(missing.joined(separator: ", "))")
                }
                return "\(workers.count) with \(workers.map(\.slots).reduce(0, +)) slots"
            }
            await check("scheduler") {
                guard let leader = try await LeadershipStore(pool: fleet.pool).leader(Leadership.clock) else {
                    throw FleetError(reason: "none leads: no schedule ticks")
                }
                for schedule in try await ScheduleStore(pool: fleet.pool).list() where !schedule.isPaused {
                    guard let seconds = schedule.definition.everySeconds, let tick = schedule.lastTick else {
                        continue
                    }
                    let age = Date().timeIntervalSince(tick)
                    guard age < Double(seconds) * 3 + 10 else {
                        throw FleetError(reason: "the last tick of \(schedule.name) is \(Int(age)) s ago")
                    }
                }
                return "\(leader.holder) leads in term \(leader.term)"
            }
            try table.print(asJSON: common.json)
            if !isWell { throw ExitCode(1) }
        }
    }
}
