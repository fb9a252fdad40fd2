import FoundationEssentials
import Hummingbird
import Jobs
import Store

/// `/queues`, `/workers`, `/schedules`.
struct QueueController {
    let queue: JobQueue
    let schedules: ScheduleStore

    func add(to routes: Routes) {
        routes.get("queues", needs: .read, list)
        routes.get("queues/:queue", needs: .read, show)
        routes.get("queues/:queue/jobs", needs: .read, peek)
        routes.get("workers", needs: .read, workers)
        routes.get("schedules", needs: .read, listSchedules)
    }

    struct QueueBody: Encodable {
        struct Rates: Encodable {
            let acceptedPerSecond: Double
            let finishedPerSecond: Double
        }

        let queue: String
        let ready: Int
        let delayed: Int
        let blocked: Int
        let running: Int
        let dead: Int
        let paused: Bool
        @Nullable var oldestReadySeconds: Double?
        @Nullable var minSlackSeconds: Double?
        let rates: Rates

        init(_ stats: LiveIndex.QueueStats, dead: Int) {
            queue = stats.name
            ready = stats.ready
            delayed = stats.delayed
            blocked = stats.blocked
            running = stats.running
            self.dead = dead
            paused = stats.isPaused
            oldestReadySeconds = stats.oldestReady?.seconds
            minSlackSeconds = stats.minimumSlack?.seconds
            rates = Rates(
                acceptedPerSecond: Double(stats.acceptedLastMinute) / 60,
                finishedPerSecond: Double(stats.finishedLastMinute) / 60
            )
        }
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try fleetOnly(caller)
        let dead = try await queue.journal.deadCounts()
        let stats = try await queue.index.stats(of: JobCatalogue.served.map(\.rawValue))
        return try JSONWire.response(["queues": stats.map { QueueBody($0, dead: dead[$0.name] ?? 0) }])
    }

    private func show(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try fleetOnly(caller)
        let name = try name(context)
        let dead = try await queue.journal.deadCounts()
        guard let stats = try await queue.index.stats(of: [name]).first else {
            throw APIError.notFound("queue")
        }
        return try JSONWire.response(QueueBody(stats, dead: dead[name] ?? 0))
    }

    private func peek(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try fleetOnly(caller)
        let limit = try request.query("limit", in: 1...200, default: 50)
        let jobs = try await queue.index.peek(try name(context), limit: limit)
        let views = try await queue.views(of: jobs.map { .init(job: $0, attempts: []) })
        return try JSONWire.response(["jobs": try views.map { try JobBody($0) }])
    }

    private func workers(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        try fleetOnly(caller)
        return try JSONWire.response(["workers": try await queue.index.workers().map(WorkerBody.init)])
    }

    private struct ScheduleBody: Encodable {
        let name: String
        let type: String
        let everySeconds: Int
        let paused: Bool
        @Nullable var lastTick: Date?
    }

    private func listSchedules(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        try fleetOnly(caller)
        let records = try await schedules.list().map {
            ScheduleBody(
                name: $0.name,
                type: $0.jobType,
                everySeconds: $0.everySeconds,
                paused: $0.isPaused,
                lastTick: $0.lastTick
            )
        }
        return try JSONWire.response(["schedules": records])
    }

    /// Queues and workers are shared by all customers: a key bound to one does not see them.
    private func fleetOnly(_ caller: Caller) throws {
        guard caller.customerID == nil else { throw APIError.notFound("path") }
    }

    private func name(_ context: APIContext) throws -> String {
        let name = context.parameters.get("queue") ?? ""
        guard JobType(rawValue: name) != nil else { throw APIError.notFound("queue") }
        return name
    }

    private struct WorkerBody: Encodable {
        let id: String
        let host: String
        let pid: Int
        let version: String
        let queues: [String]
        let slots: Int
        let reserved: Int
        let runningJobs: [String]
        let draining: Bool
        let startedAt: Date
        @Nullable var lastBeat: Date?

        init(_ report: WorkerReport) {
            id = report.id
            host = report.host
            pid = report.pid
            version = report.version
            queues = report.queues
            slots = report.slots
            reserved = report.reserved
            runningJobs = report.running
            draining = report.isDraining
            startedAt = report.startedAt
            lastBeat = report.lastBeat
        }
    }
}
