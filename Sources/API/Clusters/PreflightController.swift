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

    /// The job for a cluster that was just registered; without it the registration stands all the same.
    func registered(_ cluster: ClusterRecord, _ context: APIContext, _ caller: Caller) async {
        let submission = Self.submission(for: cluster, by: caller, traceparent: context.traceparent)
        do {
            try await queue.admit(to: submission.type)
            _ = try await queue.submit(submission)
        } catch {
            context.logger.warning(
                "a registered cluster gets no preflight",
                metadata: ["cluster.id": .string(cluster.id.text), "error": "\(error)"]
            )
        }
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
    let verdict: String
    let report: JSONValue

    init(_ record: PreflightRecord) throws {
        clusterId = record.clusterID.text
        jobId = record.jobID.text
        checkedAt = record.askedAt
        verdict = record.verdict
        report = try JSONValue(parsing: record.report)
    }
}

/// What a cluster shows of its latest report.
struct PreflightSummary: Encodable {
    let verdict: String
    let checkedAt: Date
    let jobId: String

    init(_ record: PreflightRecord) {
        verdict = record.verdict
        checkedAt = record.askedAt
        jobId = record.jobID.text
    }
}
