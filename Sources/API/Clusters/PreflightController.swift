import FoundationEssentials
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Store

/// `/admin/clusters/{id}/preflight`: what a customer lets us do with a cluster.
struct PreflightController {
    let clusters: ClusterStore
    let preflights: PreflightStore
    let queue: JobQueue
    let waits: OutcomeWaits

    func add(to routes: Routes) {
        routes.post("admin/clusters/:id/preflight", needs: .submit, ask)
        routes.get("admin/clusters/:id/preflight", needs: .read, show)
    }

    private func ask(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let cluster = try await clusters.visible(try context.pathID("cluster"), to: caller)
        let wait = try request.query("wait", in: 0...60, default: 0)
        let submission = Self.submission(for: cluster, by: caller, traceparent: context.traceparent)
        let content = Array("preflight \(cluster.id.text)".utf8)
        var accepted = try await JobIntake(queue: queue)
            .accept(submission, sentAs: content, request, context, caller)
        if wait > 0, !accepted.view.state.isTerminal {
            let id = accepted.view.entry.job.id
            await waits.waitOrShutDown(for: id, atMost: .seconds(wait))
            accepted.view = try await queue.view(id) ?? accepted.view
        }
        return try JSONWire.response(
            JobBody(accepted.view, isTask: true),
            status: accepted.status,
            headers: accepted.headers
        )
    }

    /// The job for a cluster that was just registered or changed; without it the change stands all the same.
    ///
    /// It takes the place of one that waits. One that runs may have begun with what was there before: it may finish,
    /// and this one comes after it.
    func changed(_ cluster: ClusterRecord, _ context: APIContext, _ caller: Caller) async {
        await ask(about: [cluster], context, caller)
    }

    /// The jobs for all clusters of a customer whose account was changed; without them the change stands all the same.
    func changed(_ customer: CustomerRecord, _ context: APIContext, _ caller: Caller) async {
        var last: UUID?
        repeat {
            do {
                let page = try await clusters.list(of: customer.id, after: last, limit: 500)
                await ask(about: page.filter { $0.status != .paused }, context, caller)
                last = page.count == 500 ? page.last?.id : nil
            } catch {
                return Self.warn(of: error, customer.id, context)
            }
        } while last != nil
    }

    private func ask(about clusters: [ClusterRecord], _ context: APIContext, _ caller: Caller) async {
        guard let customer = clusters.first?.customerID else { return }
        let submissions = clusters.map { cluster in
            var submission = Self.submission(for: cluster, by: caller, traceparent: context.traceparent)
            submission.whenDuplicate = .latest
            return submission
        }
        do {
            try await queue.admit(to: JobType.preflight.rawValue)
            for result in try await queue.submit(batch: submissions) { _ = try result.get() }
        } catch {
            Self.warn(of: error, customer, context)
        }
    }

    private static func warn(of error: any Error, _ customer: UUID, _ context: APIContext) {
        context.logger.warning(
            "what was registered gets no preflight",
            metadata: ["customer.id": .string(customer.text), "error": "\(error)"]
        )
    }

    private static func submission(for cluster: ClusterRecord, by caller: Caller, traceparent: String?)
        -> JobSubmission
    {
        var submission = JobSubmission(
            type: JobType.preflight.rawValue,
            clusterID: cluster.id,
            customerID: cluster.customerID,
            submittedBy: caller.name
        )
        submission.traceparent = traceparent
        return submission
    }

    private func show(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let cluster = try await clusters.visible(try context.pathID("cluster"), to: caller)
        guard let record = try await preflights.latest(of: cluster.id) else {
            throw APIError.notFound("preflight")
        }
        return try JSONWire.response(PreflightBody(record))
    }
}

/// A report as clients see it.
struct PreflightBody: Encodable {
    let clusterId: String
    let jobId: String
    let checkedAt: Date
    /// Whether the cluster's or its customer's registration has changed since.
    let stale: Bool
    let verdict: String
    let report: JSONValue

    init(_ record: PreflightRecord) throws {
        clusterId = record.clusterID.text
        jobId = record.jobID.text
        checkedAt = record.askedAt
        stale = record.isStale
        verdict = record.verdict
        report = try JSONValue(parsing: record.report)
    }
}

/// What a cluster shows of its latest report.
struct PreflightSummary: Encodable {
    let verdict: String
    let checkedAt: Date
    let stale: Bool
    let jobId: String

    init(_ record: PreflightRecord) {
        verdict = record.verdict
        checkedAt = record.askedAt
        stale = record.isStale
        jobId = record.jobID.text
    }
}
