import Drain
import FoundationEssentials
import HTTPClient
import Jobs
import Kubernetes
import Store
import TestKit
import Testing

@testable import Worker

/// The handlers that change clusters, with a real cluster which gives them what `ops/rbac` gives, and no more.
///
/// Its kubelets are simulated: they make bound pods ready, and let go of terminating ones after the annotation
/// `kube.sim/stop-seconds`.
struct ChangingCluster: Sendable {
    let fleet: TestFleet
    let real: RealCluster
    let handlers: [JobType: any JobHandler]
    /// As it is registered.
    let id: UUID

    /// The test's namespace, and what its nodes are named after and labelled with.
    var name: String { real.name }
    var client: KubernetesClient { real.client }

    /// - Parameters:
    ///   - manifests: The files of `ops/rbac` that are applied beside `observe.yaml`.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func with(
        _ manifests: [String] = ["drain.yaml", "scale.yaml"],
        _ body: (ChangingCluster) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in
            let http = HTTPClient(logger: fleet.logger)
            let result: Result<Void, any Error>
            do {
                let real = try RealCluster(http: http, prefix: "changing")
                let access = try Collecting.access(fleet, http, ["K8S_API_TIMEOUT_SECONDS": "20"])
                result = .success(
                    try await real.withAccount(["observe.yaml"] + manifests) { token in
                        let id = try await Collecting.register(
                            in: access.clusters,
                            fleet,
                            endpoint: real.endpoint,
                            authority: real.authority,
                            token: token
                        )
                        let handlers = WorkerCommand.clusterHandlers(
                            access,
                            steps: StepStore(pool: fleet.pool),
                            journal: fleet.queue.journal,
                            paces: ClusterPaces()
                        )
                        try await body(ChangingCluster(fleet: fleet, real: real, handlers: handlers, id: id))
                    }
                )
            } catch {
                result = .failure(error)
            }
            await http.shutdown()
            try result.get()
        }
    }

    // MARK: - Running

    /// Runs a job's handler as one claim of it.
    func run(
        _ type: JobType,
        _ parameters: String,
        job: UUID = .version7(),
        fence: Int64 = 1,
        deadline: Duration = .seconds(100),
        isDryRun: Bool = false
    ) async throws -> JobReport {
        let handler = try #require(handlers[type])
        return try await handler.run(
            .test(
                type.rawValue,
                cluster: id,
                parameters: parameters,
                deadline: .now + deadline,
                id: job,
                fence: fence,
                isDryRun: isDryRun
            )
        )
    }

    /// Runs, and must fail.
    func failure(
        _ type: JobType,
        _ parameters: String,
        job: UUID = .version7(),
        fence: Int64 = 1,
        deadline: Duration = .seconds(100)
    ) async throws -> JobFailure {
        let error = await #expect(throws: JobFailure.self) {
            _ = try await run(type, parameters, job: job, fence: fence, deadline: deadline)
        }
        return try #require(error)
    }

    /// A job in the journal, which nobody runs.
    func accepted(_ type: JobType, _ parameters: [String: JSONValue]) async throws -> UUID {
        var submission = JobSubmission(type: type.rawValue, clusterID: id, submittedBy: "test")
        submission.parameters = parameters
        guard case .accepted(let job) = try await fleet.queue.submit(submission) else {
            throw ProcessFailure(description: "not accepted")
        }
        return job.id
    }

    /// Fences of claims that the journal takes, once a job was accepted.
    func fence(_ number: Int64) async throws -> Int64 {
        try await fleet.queue.journal.epoch() + number
    }

    /// Writes a run of a job as a worker does.
    func record(_ status: AttemptRecord.Status, of job: UUID, fence: Int64, isTerminal: Bool) async throws {
        _ = try await fleet.queue.journal.record([
            AttemptRecord(
                jobID: job,
                fence: fence,
                attempt: 1,
                queue: "drain-node",
                workerID: "w",
                startedAt: Date(),
                duration: .seconds(1),
                status: status,
                isTerminal: isTerminal
            )
        ])
    }

    // MARK: - Looking

    func node(_ node: String) async throws -> Node { try await client.node(node) }

    /// Whether a node is as it was made; its resource version is no help, as controllers write to it too.
    func isUntouched(_ node: String) async throws -> Bool {
        let found = try await client.node(node)
        return found.spec.unschedulable != true && NodeHold.holder(of: found) == nil
            && found.metadata.annotations[NodeHold.cordonedBy] == nil
    }

    /// The test's own pods on a node, by name.
    func pods(on node: String) async throws -> [String: Pod] {
        let pods = try await client.pods(onNode: node).filter { $0.metadata.namespace == name }
        return Dictionary(pods.map { ($0.metadata.name, $0) }) { first, _ in first }
    }

    /// Waits until that many of the test's pods are ready on a node, and their budgets have counted them.
    func waitForPods(_ count: Int, on node: String) async throws {
        try await eventually(within: .seconds(60), "\(count) ready pods on \(node)") {
            let ready = try await pods(on: node).values.filter { pod in
                (pod.status.conditions ?? []).contains { $0.type == "Ready" && $0.status == "True" }
            }
            let budgets = try await client.podDisruptionBudgets(namespace: name)
            return ready.count == count
                && budgets.allSatisfy {
                    ($0.status.currentHealthy ?? 0) >= ($0.status.desiredHealthy ?? .max)
                }
        }
    }
}
