import FoundationEssentials
import Hummingbird
import Jobs
import Logging
import Store

/// `/schedules`.
struct ScheduleController {
    let schedules: ScheduleStore
    let leadership: LeadershipStore
    let jobs: ScheduledJobs

    func add(to routes: Routes) {
        routes.get("schedules", needs: .read, list)
        routes.post("schedules", needs: .operate, create)
        routes.delete("schedules/:name", needs: .operate, remove)
        routes.post("schedules/:name/run", needs: .operate, run)
        routes.post("schedules/:name/pause", needs: .operate) { request, context, caller in
            try await pause(true, context, caller)
        }
        routes.post("schedules/:name/resume", needs: .operate) { request, context, caller in
            try await pause(false, context, caller)
        }
    }

    private struct ListBody: Encodable {
        @Nullable var leader: LeaderBody?
        let schedules: [ScheduleBody]
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try caller.requireFleet()
        let (now, records) = try await schedules.board()
        let leader = try await leadership.leader(Leadership.clock)
        return try JSONWire.response(
            ListBody(
                leader: leader.map(LeaderBody.init),
                schedules: try records.map { try ScheduleBody($0, at: now) }
            )
        )
    }

    private func create(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        try caller.requireFleet()
        let schedule = try Schedule(try await request.decoded(NewSchedule.self).definition())
        do {
            try await schedules.add(schedule.definition)
        } catch ScheduleStoreError.nameTaken {
            throw APIError.conflict("a schedule has this name", details: ["field": .string("name")])
        } catch ScheduleStoreError.tooMany {
            throw APIError.conflict("there may be \(ScheduleStore.limit) schedules at most")
        }
        say("schedule added", schedule.name, context, caller)
        return try await answer(schedule.name, status: .created)
    }

    private func remove(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        try caller.requireFleet()
        do {
            guard try await schedules.remove(name(context)) else { throw APIError.notFound("schedule") }
        } catch ScheduleStoreError.builtIn {
            throw APIError.conflict("this schedule is part of the program; it can be paused")
        }
        say("schedule removed", name(context), context, caller)
        return Response(status: .noContent)
    }

    private struct RunBody: Encodable {
        let jobs: Int
        let jobIds: [String]
    }

    private func run(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try caller.requireFleet()
        guard let record = try await schedules.find(name(context)) else {
            throw APIError.notFound("schedule")
        }
        let made = try await jobs.run(try Schedule(record.definition), by: caller.name)
        say("schedule run by hand", record.name, context, caller)
        return try JSONWire.response(RunBody(jobs: made.count, jobIds: made.map(\.text)), status: .created)
    }

    private func pause(_ isPaused: Bool, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try caller.requireFleet()
        guard try await schedules.pause(name(context), isPaused) != nil else {
            throw APIError.notFound("schedule")
        }
        say(isPaused ? "schedule paused" : "schedule resumed", name(context), context, caller)
        return try await answer(name(context))
    }

    private func answer(_ name: String, status: HTTPResponse.Status = .ok) async throws -> Response {
        let (now, records) = try await schedules.board()
        guard let record = records.first(where: { $0.name == name }) else {
            throw APIError.notFound("schedule")
        }
        return try JSONWire.response(try ScheduleBody(record, at: now), status: status)
    }

    private func say(_ what: Logger.Message, _ name: String, _ context: APIContext, _ caller: Caller) {
        context.logger.info(
            what,
            metadata: ["schedule": "\(name)", "api_key.name": "\(caller.name)"]
        )
    }

    private func name(_ context: APIContext) -> String {
        // PostgreSQL takes no NUL, and no name has one.
        context.parameters.get("name").map { $0.utf8.contains(0) ? "" : $0 } ?? ""
    }
}
