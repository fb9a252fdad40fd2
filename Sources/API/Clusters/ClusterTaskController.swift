import FoundationEssentials
import Hummingbird
import Jobs
import Store

/// `/k8s/{cluster_id}/nodes/drain` and its like: each makes the job that does it.
struct ClusterTaskController {
    let clusters: ClusterStore
    let queue: JobQueue
    let waits: OutcomeWaits

    func add(to routes: Routes) {
        add("nodes/drain", .drainNode, to: routes)
        add("nodes/cordon", .cordonNode, to: routes)
        add("nodes/uncordon", .uncordonNode, to: routes)
        add("scale", .scaleDeployment, to: routes)
    }

    private func add(_ path: String, _ type: JobType, to routes: Routes) {
        routes.post("k8s/:id/\(path)", needs: .submit) { request, context, caller in
            try await submit(type, request, context, caller)
        }
    }

    private func submit(
        _ type: JobType,
        _ request: Request,
        _ context: APIContext,
        _ caller: Caller
    ) async throws -> Response {
        let cluster = try await clusters.visible(try context.pathID("cluster"), to: caller)
        let wait = try request.query("wait", in: 0...60, default: 0)
        let bytes = try await request.bytes()
        let body = try ClusterTaskBody(try JSONWire.value(from: bytes), for: type)
        let submission = body.submission(for: cluster, by: caller, traceparent: context.traceparent)
        // The same body at another path is another request.
        let content = Array("\(type.rawValue) \(cluster.id.text) ".utf8) + bytes
        var accepted: JobIntake.Accepted
        do {
            accepted = try await JobIntake(queue: queue)
                .accept(submission, sentAs: content, request, context, caller)
        } catch let error as SubmissionError {
            throw Self.flat(error)
        }
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

    /// Names a parameter as the body does.
    private static func flat(_ error: SubmissionError) -> APIError {
        let prefix = "parameters."
        let field = error.field.hasPrefix(prefix) ? String(error.field.dropFirst(prefix.count)) : error.field
        return .invalid(field, error.message, valid: error.validValues)
    }
}
