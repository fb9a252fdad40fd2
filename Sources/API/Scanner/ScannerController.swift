import FoundationEssentials
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Store

/// `/scanner`: machines and disks that serve nobody.
struct ScannerController {
    let ghosts: GhostStore
    let clusters: ClusterStore
    let customers: CustomerStore
    let queue: JobQueue

    func add(to routes: Routes) {
        routes.post("scanner/scan", needs: .submit, scan)
        routes.get("scanner/ghosts", needs: .read, list)
        routes.get("scanner/ghosts/:id", needs: .read) { _, context, caller in
            try JSONWire.response(try GhostBody(try await ghost(context, caller)))
        }
        routes.post("scanner/ghosts/:id/keep", needs: .submit) { _, context, caller in
            try await decide(context, caller, "ghost kept") { try await ghosts.keep($0, by: caller.name) }
        }
        routes.post("scanner/ghosts/:id/unkeep", needs: .operate) { _, context, caller in
            try await decide(context, caller, "ghost kept no more") {
                try await ghosts.unkeep($0, by: caller.name)
            }
        }
        routes.post("scanner/terminate/:id", needs: .operate, terminate)
        routes.get("scanner/history", needs: .read, history)
        routes.get("scanner/scans", needs: .read, scans)
        routes.get("scanner/switch", needs: .read, showSwitch)
        routes.put("scanner/switch", needs: .operate, setSwitch)
    }

    // MARK: - Scanning

    private struct ScanBody: Encodable {
        /// Of the first one.
        let scanId: String
        let scans: [Scan]
        /// How many are known now; what the scans find is in `/scanner/ghosts` when their jobs have ended.
        let ghostsFound: Int

        struct Scan: Encodable {
            let clusterId: String
            let jobId: String
        }
    }

    private func scan(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let fields = try JSONFields(
            try JSONWire.value(from: try await request.bytes()),
            named: ["customer_id", "cluster_id", "dry_run"]
        )
        let isDryRun = try fields.bool("dry_run") ?? false
        let targets = try await targets(try fields.uuid("cluster_id"), try fields.uuid("customer_id"), caller)
        try await queue.admit(targets.count, to: JobType.scanGhosts.rawValue)
        var scans: [ScanBody.Scan] = []
        for cluster in targets {
            var submission = JobSubmission(
                type: JobType.scanGhosts.rawValue,
                clusterID: cluster.id,
                customerID: cluster.customerID,
                submittedBy: caller.name
            )
            submission.isDryRun = isDryRun
            submission.traceparent = context.traceparent
            // One that waits already will do.
            submission.dedupeKey = "scan-ghosts:\(cluster.id.text)\(isDryRun ? ":dry" : "")"
            submission.whenDuplicate = .merge
            let job = try await queue.submit(submission).jobID
            scans.append(.init(clusterId: cluster.id.text, jobId: job.text))
        }
        var known = 0
        for cluster in targets {
            known += try await ghosts.open(in: cluster.id, kind: .instance).count { $0.status != .kept }
        }
        guard let first = scans.first else {
            throw APIError.conflict("the customer has no active cluster")
        }
        return try JSONWire.response(
            ScanBody(scanId: first.jobId, scans: scans, ghostsFound: known),
            status: .created
        )
    }

    private func targets(_ cluster: UUID?, _ named: UUID?, _ caller: Caller) async throws -> [ClusterRecord] {
        if let cluster {
            let found = try await clusters.visible(cluster, to: caller)
            guard found.status == .active else {
                throw APIError.conflict("the cluster is \(found.status.rawValue)")
            }
            return [found]
        }
        guard let customer = named ?? caller.customerID else {
            throw APIError.invalid("customer_id", "or cluster_id is required")
        }
        try await require(customer, caller)
        var found: [ClusterRecord] = []
        while true {
            let page = try await clusters.list(of: customer, after: found.last?.id, limit: 500)
            found += page
            if page.count < 500 { break }
        }
        return found.filter { $0.status == .active }
    }

    private func require(_ customer: UUID, _ caller: Caller) async throws {
        guard caller.sees(customer), try await customers.find(customer) != nil else {
            throw APIError.notFound("customer", field: "customer_id")
        }
    }

    // MARK: - Ghosts

    private struct ListBody: Encodable {
        let ghosts: [GhostBody]
        @Nullable var nextCursor: String?
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let limit = try request.query("limit", in: 1...500, default: 50)
        let filter = GhostStore.Filter(
            customerID: try customer(request, caller),
            clusterID: try request.queryID("cluster_id"),
            status: try word(request, "status", GhostRecord.Status.self),
            kind: try word(request, "kind", GhostRecord.Kind.self)
        )
        let found = try await ghosts.list(filter, before: try request.queryID("cursor"), limit: limit)
        return try JSONWire.response(
            ListBody(
                ghosts: try found.map { try GhostBody($0) },
                nextCursor: found.count == limit ? found.last?.id.text : nil
            )
        )
    }

    private func word<Word: RawRepresentable & CaseIterable>(
        _ request: Request,
        _ name: String,
        _ type: Word.Type
    ) throws -> Word? where Word.RawValue == String {
        guard let text = request.query(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw APIError.invalid(name, "is not one", valid: Word.allCases.map(\.rawValue))
        }
        return word
    }

    /// Whose things are listed.
    private func customer(_ request: Request, _ caller: Caller) throws -> UUID? {
        let customer = try request.queryID("customer_id") ?? caller.customerID
        guard customer == nil || caller.sees(customer) else { throw APIError.notFound("customer") }
        return customer
    }

    private func ghost(_ context: APIContext, _ caller: Caller) async throws -> GhostRecord {
        guard let ghost = try await ghosts.find(try context.pathID("ghost")), caller.sees(ghost.customerID)
        else { throw APIError.notFound("ghost") }
        return ghost
    }

    private func decide(
        _ context: APIContext,
        _ caller: Caller,
        _ what: Logger.Message,
        _ change: (UUID) async throws -> GhostVerdict?
    ) async throws -> Response {
        let known = try await ghost(context, caller)
        switch try await change(known.id) {
        case .done(let ghost):
            context.logger.info(
                what,
                metadata: ["ghost.id": "\(ghost.id.text)", "api_key.name": "\(caller.name)"]
            )
            return try JSONWire.response(try GhostBody(ghost))
        case .refused(let ghost): throw Self.refusal(ghost)
        case nil: throw APIError.notFound("ghost")
        }
    }

    private static func refusal(_ ghost: GhostRecord) -> APIError {
        let hint =
            ghost.status == .kept && ghost.keptBy == GhostRecord.keptByTag
            ? "its tag keeps it: take the tag away" : "its state forbids it: it is \(ghost.status.rawValue)"
        return .conflict(hint, details: ["state": .string(ghost.status.rawValue)])
    }

    // MARK: - Terminating

    private struct TerminationBody: Encodable {
        let jobId: String
        let status: String
        @Nullable var terminatedAt: Date?
        let ghost: GhostBody
    }

    private func terminate(
        _ request: Request,
        _ context: APIContext,
        _ caller: Caller
    ) async throws -> Response {
        var known = try await ghost(context, caller)
        let bytes = try await request.bytes()
        let body = bytes.isEmpty ? JSONValue.object([:]) : try JSONWire.value(from: bytes)
        let fields = try JSONFields(body, named: ["skip_grace", "dry_run"])
        let isDryRun = try fields.bool("dry_run") ?? false
        guard known.status == .flagged || known.status == .terminating else { throw Self.refusal(known) }
        if try fields.bool("skip_grace") == true, !isDryRun, known.status == .flagged {
            guard case .done(let waived)? = try await ghosts.waive(known.id, by: caller.name) else {
                throw APIError.conflict("it was changed meanwhile")
            }
            known = waived
        }
        if known.status == .flagged, known.waivedBy == nil, !isDryRun, let due = known.dueAt,
            due > (try await ghosts.now())
        {
            throw APIError.conflict(
                "its grace is not over: wait, or send skip_grace",
                details: ["due_at": .string(due.rfc3339)]
            )
        }
        var submission = JobSubmission(
            type: JobType.terminateGhost.rawValue,
            clusterID: known.clusterID,
            customerID: known.customerID,
            submittedBy: caller.name
        )
        submission.parameters = ["instance_id": .string(known.instanceID)]
        submission.isDryRun = isDryRun
        submission.traceparent = context.traceparent
        // The copy of a large disk takes hours.
        if known.kind == .volume { submission.deadline = Date().addingTimeInterval(86_400) }
        try await queue.admit(to: JobType.terminateGhost.rawValue)
        let job = try await queue.submit(submission).jobID
        context.logger.info(
            "ghost to be terminated",
            metadata: ["ghost.id": "\(known.id.text)", "api_key.name": "\(caller.name)"]
        )
        return try JSONWire.response(
            TerminationBody(
                jobId: job.text,
                status: known.status.rawValue,
                terminatedAt: known.terminatedAt,
                ghost: try GhostBody(known)
            ),
            status: .created,
            headers: [.location: "/\(APIRouter.prefix)/jobs/\(job.text)"]
        )
    }

    // MARK: - History

    private struct HistoryBody: Encodable {
        let events: [GhostEventBody]
        @Nullable var nextCursor: String?
    }

    private func history(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let limit = try request.query("limit", in: 1...500, default: 50)
        let found = try await ghosts.events(
            of: try customer(request, caller),
            cluster: try request.queryID("cluster_id"),
            ghost: try request.queryID("ghost_id"),
            before: try request.queryID("cursor"),
            limit: limit
        )
        return try JSONWire.response(
            HistoryBody(
                events: try found.map { try GhostEventBody($0) },
                nextCursor: found.count == limit ? found.last?.id.text : nil
            )
        )
    }

    private func scans(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let found = try await ghosts.scans(
            of: try customer(request, caller),
            cluster: try request.queryID("cluster_id"),
            limit: try request.query("limit", in: 1...500, default: 50)
        )
        return try JSONWire.response(["scans": found.map(GhostScanBody.init)])
    }

    // MARK: - The switch

    private struct SwitchBody: Encodable {
        /// Whether anything is scanned and terminated; the processes' own setting may forbid it all the same.
        let enabled: Bool
        @Nullable var fleet: Side?
        @Nullable var customer: Side?

        struct Side: Encodable {
            let enabled: Bool
            @Nullable var reason: String?
            @Nullable var changedBy: String?
            @Nullable var changedAt: Date?

            init(_ known: GhostStore.Switch, showsWho: Bool) {
                enabled = !known.isOff
                reason = known.reason
                changedBy = showsWho ? known.changedBy : nil
                changedAt = known.changedAt
            }
        }
    }

    private func showSwitch(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        try await answer(try customer(request, caller), caller)
    }

    private func answer(_ customer: UUID?, _ caller: Caller) async throws -> Response {
        let fleet = try await ghosts.theSwitch(of: nil)
        var own: GhostStore.Switch?
        if let customer { own = try await ghosts.theSwitch(of: customer) }
        return try JSONWire.response(
            SwitchBody(
                enabled: !fleet.isOff && own?.isOff != true,
                fleet: .init(fleet, showsWho: caller.customerID == nil),
                customer: own.map { .init($0, showsWho: true) }
            )
        )
    }

    private func setSwitch(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        let fields = try JSONFields(
            try JSONWire.value(from: try await request.bytes()),
            named: ["customer_id", "enabled", "reason"]
        )
        guard let isEnabled = try fields.bool("enabled") else {
            throw APIError.invalid("enabled", "is required")
        }
        let reason = try fields.string("reason")
        guard reason.map({ $0.utf8.count <= 500 && !$0.utf8.contains(0) }) ?? true else {
            throw APIError.invalid("reason", "must have at most 500 bytes, none of them NUL")
        }
        // Without a customer it is the fleet's, which a key of one customer does not reach.
        let customer = try fields.uuid("customer_id") ?? caller.customerID
        if let customer { try await require(customer, caller) }
        try await ghosts.set(off: !isEnabled, of: customer, reason: reason, by: caller.name)
        context.logger.notice(
            "ghost scanner switched",
            metadata: [
                "enabled": "\(isEnabled)", "customer.id": "\(customer?.text ?? "fleet")",
                "api_key.name": "\(caller.name)",
            ]
        )
        return try await answer(customer, caller)
    }
}
