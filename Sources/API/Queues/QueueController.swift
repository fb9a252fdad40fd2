import FoundationEssentials
import Hummingbird
import Jobs
import Logging
import Store

/// `/queues`, `/workers`.
struct QueueController {
    let queue: JobQueue

    func add(to routes: Routes) {
        routes.get("queues", needs: .read, list)
        routes.get("queues/:queue", needs: .read, show)
        routes.get("queues/:queue/jobs", needs: .read, peek)
        routes.post("queues/:queue/pause", needs: .operate, pause)
        routes.post("queues/:queue/resume", needs: .operate, resume)
        routes.get("workers", needs: .read, workers)
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
        try caller.requireFleet()
        let dead = try await queue.journal.deadCounts()
        let stats = try await queue.index.stats(of: JobCatalogue.served.map(\.rawValue))
        return try JSONWire.response(["queues": stats.map { QueueBody($0, dead: dead[$0.name] ?? 0) }])
    }

    private func show(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try caller.requireFleet()
        let name = try context.queueName()
        let dead = try await queue.journal.deadCounts()
        guard let stats = try await queue.index.stats(of: [name]).first else {
            throw APIError.notFound("queue")
        }
        return try JSONWire.response(QueueBody(stats, dead: dead[name] ?? 0))
    }

    private func peek(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try caller.requireFleet()
        let name = try context.queueName()
        let limit = try request.query("limit", in: 1...200, default: 50)
        let word = request.query("state") ?? LiveIndex.PeekState.ready.rawValue
        if word == "dead" { return try await peekDead(request, name, limit) }
        guard let state = LiveIndex.PeekState(rawValue: word) else {
            let words = LiveIndex.PeekState.allCases.map(\.rawValue) + ["dead"]
            throw APIError.invalid("state", "is not one that can be looked at", valid: words)
        }
        let offset = try request.query("cursor", in: 0...10_000, default: 0)
        let jobs = try await queue.index.peek(name, state, from: offset, limit: limit)
        let views = try await queue.views(of: jobs.map { .init(job: $0, attempts: []) })
        let next = jobs.count == limit && offset + limit <= 10_000 ? String(offset + limit) : nil
        return try JSONWire.response(views.map { JobBody($0) }, nextCursor: next)
    }

    private func peekDead(_ request: Request, _ name: String, _ limit: Int) async throws -> Response {
        let cursor = try request.queryID("cursor")
        let entries = try await queue.journal.deadJobs(of: name, before: cursor, limit: limit)
        let views = try await queue.views(of: entries)
        return try JSONWire.response(
            views.map { JobBody($0) },
            nextCursor: views.count == limit ? views.last?.entry.job.id.text : nil
        )
    }

    private func pause(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try caller.requireFleet()
        let name = try context.queueName()
        try await queue.pause(name, by: caller.name)
        context.logger.notice(
            "queue paused",
            metadata: ["queue": "\(name)", "api_key.name": "\(caller.name)"]
        )
        return try await show(request, context, caller)
    }

    private func resume(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        try caller.requireFleet()
        let name = try context.queueName()
        try await queue.resume(name)
        context.logger.notice(
            "queue resumed",
            metadata: ["queue": "\(name)", "api_key.name": "\(caller.name)"]
        )
        return try await show(request, context, caller)
    }

    private func workers(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        try caller.requireFleet()
        return try JSONWire.response(["workers": try await queue.index.workers().map(WorkerBody.init)])
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
