import FoundationEssentials
import Jobs
import Kubernetes
import Store
import TestKit
import Testing

@testable import Worker

@Suite(
    "Scale deployment",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct ScaleDeploymentTests {
    private func parameters(_ cluster: ChangingCluster, replicas: Int, _ more: String = "") -> String {
        #"{"namespace":"\#(cluster.name)","deployment_name":"web","replicas":\#(replicas)\#(more)}"#
    }

    private func replicas(_ cluster: ChangingCluster) async throws -> Int {
        try await cluster.client
            .scale(of: WorkloadReference(.deployment, namespace: cluster.name, name: "web")).wantedReplicas
    }

    @Test func scalesAndKnowsWhatWasBefore() async throws {
        try await ChangingCluster.with(["scale.yaml"]) { cluster in
            try await cluster.addDeployment("web", replicas: 2)
            let job = UUID.version7()
            // The second run is one whose worker did not learn that it had succeeded.
            for fence in [1, 2] as [Int64] {
                let report = try await cluster.run(
                    .scaleDeployment,
                    parameters(cluster, replicas: 4, #","expected_replicas":2"#),
                    job: job,
                    fence: fence
                )
                #expect(report.metadata.members?["previous_replicas"] == .integer(2))
                #expect(report.metadata.members?["replicas"] == .integer(4))
                #expect(report.metadata.members?["changed"] == .bool(true))
                #expect(try await replicas(cluster) == 4)
            }
            let other = try await cluster.run(.scaleDeployment, parameters(cluster, replicas: 4))
            #expect(other.metadata.members?["previous_replicas"] == .integer(4))
            #expect(other.metadata.members?["changed"] == .bool(false))
            let none = try await cluster.run(.scaleDeployment, parameters(cluster, replicas: 0))
            #expect(none.metadata.members?["previous_replicas"] == .integer(4))
            #expect(try await replicas(cluster) == 0)
        }
    }

    @Test func refusesAnotherNumberThanExpected() async throws {
        try await ChangingCluster.with(["scale.yaml"]) { cluster in
            try await cluster.addDeployment("web", replicas: 3)
            let failure = try await cluster.failure(
                .scaleDeployment,
                parameters(cluster, replicas: 5, #","expected_replicas":2"#)
            )
            #expect(failure.code == "replicas_differ")
            #expect(!failure.isRetryable)
            #expect(failure.message.contains("3 replicas, not 2"))
            #expect(try await replicas(cluster) == 3)
        }
    }

    @Test func leavesWhatAnAutoscalerScales() async throws {
        try await ChangingCluster.with(["scale.yaml"]) { cluster in
            try await cluster.addDeployment("web", replicas: 2)
            try await cluster.addAutoscaler("web-hpa", of: "web")
            let failure = try await cluster.failure(.scaleDeployment, parameters(cluster, replicas: 4))
            #expect(failure.code == "owned_by_autoscaler")
            #expect(!failure.isRetryable)
            #expect(failure.message.contains("web-hpa"))
            #expect(try await replicas(cluster) == 2)

            let report = try await cluster.run(
                .scaleDeployment,
                parameters(cluster, replicas: 4, #","ignore_autoscaler":true"#)
            )
            #expect(report.metadata.members?["autoscaler"] == .string("web-hpa"))
            #expect(report.logs.contains { $0.hasPrefix("warning:") && $0.contains("web-hpa") })
            #expect(try await replicas(cluster) == 4)
        }
    }

    @Test func warnsOfWhoWouldUndoIt() async throws {
        try await ChangingCluster.with(["scale.yaml"]) { cluster in
            let annotations = #"{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:web"}"#
            try await cluster.addDeployment("web", replicas: 2, annotations: annotations)
            let report = try await cluster.run(
                .scaleDeployment,
                parameters(cluster, replicas: 3),
                isDryRun: true
            )
            #expect(report.metadata.members?["would_change"] == .bool(true))
            #expect(report.metadata.members?["previous_replicas"] == .integer(2))
            #expect(report.logs.contains { $0.hasPrefix("warning: Argo CD") })
            #expect(try await replicas(cluster) == 2)
        }
    }

    @Test func knowsWhatIsNotThere() async throws {
        try await ChangingCluster.with(["scale.yaml"]) { cluster in
            let failure = try await cluster.failure(.scaleDeployment, parameters(cluster, replicas: 4))
            #expect(failure.code == "deployment_not_found")
            #expect(!failure.isRetryable)
        }
        try await ChangingCluster.with([]) { cluster in
            try await cluster.addDeployment("web", replicas: 2)
            let failure = try await cluster.failure(.scaleDeployment, parameters(cluster, replicas: 4))
            #expect(failure.code == "cluster_forbidden")
            #expect(failure.message.contains("ops/rbac/scale.yaml"))
        }
    }
}
