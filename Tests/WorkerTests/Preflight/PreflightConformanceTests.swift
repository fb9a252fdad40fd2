import FoundationEssentials
import HTTPClient
import Jobs
import Logging
import Preflight
import Store
import TestKit
import Testing

@testable import Worker

/// Against a real API server, with accounts that manifests of `ops/rbac` are bound to.
@Suite(
    "Preflight of real clusters",
    .enabled(if: ControlPlane.isAvailable, Comment(rawValue: ControlPlane.missing))
)
struct PreflightConformanceTests {
    private static let all = Set(KubernetesLevel.allCases.flatMap { JobNeeds.permissions(of: $0) })

    private func with(
        _ manifests: [String],
        _ body: (RealCluster, Preflighting, _ token: String) async throws -> Void
    ) async throws {
        let http = HTTPClient(logger: Logger(label: "test"))
        let result: Result<Void, any Error>
        do {
            let real = try RealCluster(http: http, prefix: "preflight")
            result = .success(
                try await real.withAccount(manifests) { token in
                    let endpoint = (real.endpoint, real.authority, token)
                    try await Preflighting.with(endpoint) { try await body(real, $0, token) }
                }
            )
        } catch {
            result = .failure(error)
        }
        await http.shutdown()
        try result.get()
    }

    @Test(.timeLimit(.minutes(2)), arguments: KubernetesLevel.allCases)
    func namesWhatEachLevelGivesAndWhatItLacks(_ level: KubernetesLevel) async throws {
        try await with([level.manifest]) { _, preflighting, _ in
            let report = try await preflighting.report()
            let given = JobNeeds.permissions(of: level)
            let expected = Self.all.map { ($0.id, given.contains($0) ? CheckAnswer.allowed : .denied) }
            #expect(report.answers("kubernetes:") == Dictionary(expected) { first, _ in first })
            #expect(report.kubernetesVersion?.hasPrefix("v") == true)
            #expect(report.check("cluster:reachable")?.answer == .allowed)
            // Every missing verb is named, by the level that gives it, with the rule that adds it.
            for other in KubernetesLevel.allCases {
                let missing = JobNeeds.permissions(of: other).subtracting(given).sorted()
                let fix = report.fixes.first { $0.file == "ops/rbac/\(other.manifest)" }
                #expect(fix?.missing ?? [] == missing.map(\.id))
                #expect(fix?.text ?? "" == ManifestRule.yaml(missing))
            }
            #expect(report.possibility(.collectMetrics) == (level == .observe ? .possible : .impossible))
            #expect(report.possibility(.drainNode) == .impossible)
        }
    }

    /// What the level promises works: no call it allows is forbidden, and each other one is.
    @Test(.timeLimit(.minutes(2)), arguments: KubernetesLevel.allCases)
    func theServerDoesAsTheReviewSays(_ level: KubernetesLevel) async throws {
        try await with([level.manifest]) { real, _, token in
            let http = HTTPClient(logger: Logger(label: "test"))
            let given = JobNeeds.permissions(of: level)
            var wrong: [String] = []
            do {
                // Its API is served by the metrics-server alone.
                for permission in Self.all.sorted() where permission.group != "metrics.k8s.io" {
                    let status = try await call(permission, real, token, http)
                    if (status == 403) == given.contains(permission) {
                        wrong.append("\(permission): \(status)")
                    }
                }
            } catch {
                await http.shutdown()
                throw error
            }
            await http.shutdown()
            #expect(wrong == [])
        }
    }

    @Test(.timeLimit(.minutes(1))) func theLevelsTogetherMakeTheirJobsPossible() async throws {
        try await with(["observe.yaml", "drain.yaml", "scale.yaml"]) { _, preflighting, _ in
            let report = try await preflighting.report()
            for type in [
                JobType.collectMetrics, .cordonNode, .uncordonNode, .drainNode, .scaleDeployment,
                .handleSpotWarning,
                .settleInterruption,
            ] {
                #expect(report.possibility(type) == .possible, "\(type)")
            }
            // No role is registered: that is a no, not a doubt.
            #expect(report.possibility(.terminateGhost) == .impossible)
            #expect(report.answers("aws:ec2").values.allSatisfy { $0 == .denied })
            let spot = report.jobTypes.first { $0.type == "handle-spot-warning" }
            #expect(spot?.limits.contains { $0.missing == ["kubernetes:delete:pods"] } == true)
            #expect(report.verdict == .limited)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aRefusedTokenIsANoAndIsNotedWithTheCluster() async throws {
        let http = HTTPClient(logger: Logger(label: "test"))
        let real = try RealCluster(http: http, prefix: "preflight")
        try await Preflighting.with((real.endpoint, real.authority, "not-a-token")) { preflighting in
            let report = try await preflighting.report()
            #expect(report.check("cluster:reachable")?.answer == .denied)
            #expect(
                report.verdict == .blocked
                    && report.fixes.allSatisfy { $0.side == "aws" || !$0.missing.isEmpty }
            )
            #expect(report.findings.contains { $0.code == "cluster_unusable" && $0.severity == .high })
            let cluster = try await preflighting.handler.access.clusters.find(preflighting.id)
            #expect(cluster?.status == .credentialExpired)
        }
        await http.shutdown()
    }

    @Test(.timeLimit(.minutes(1))) func aClusterThatIsNotReachedIsUnknown() async throws {
        try await Preflighting.with(("https://127.0.0.1:1", "", "token")) { preflighting in
            let report = try await preflighting.report()
            #expect(report.verdict == .unknown)
            #expect(report.answers("kubernetes:").values.allSatisfy { $0 == .unknown })
            #expect(report.findings.first { $0.code == "cluster_unusable" }?.fix?.contains("private") == true)
            #expect(!report.fixes.contains { $0.side == "kubernetes" })
        }
    }

    // MARK: - Real calls

    /// Does it to an object that is not there: authorization comes first.
    private func call(
        _ permission: KubernetesPermission,
        _ real: RealCluster,
        _ token: String,
        _ http: HTTPClient
    ) async throws -> Int {
        let base =
            permission.group.isEmpty
            ? "/api/v1" : "/apis/\(permission.group)/\(version(of: permission.group))"
        let clusterWide = [
            "nodes", "namespaces", "persistentvolumes", "storageclasses", "volumeattachments", "csinodes",
            "priorityclasses",
        ]
        let namespace = clusterWide.contains(permission.resource) ? "" : "/namespaces/\(real.name)"
        let object = "/none-such" + (permission.subresource.map { "/\($0)" } ?? "")
        let path =
            permission.verb == "list"
            ? "\(base)/\(permission.resource)" : "\(base)\(namespace)/\(permission.resource)\(object)"
        let (method, body, type): (String, String?, String) =
            switch permission.verb {
            case "get", "list": ("GET", nil, "")
            case "patch": ("PATCH", "{}", "application/merge-patch+json")
            case "update":
                (
                    "PUT", #"{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"none-such"}}"#,
                    "application/json"
                )
            case "delete": ("DELETE", nil, "")
            default:
                (
                    "POST",
                    #"{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"none-such"}}"#,
                    "application/json"
                )
            }
        let request = HTTPRequest(
            method: method,
            url: real.endpoint + path + (permission.verb == "list" ? "?limit=1" : ""),
            headers: [("Authorization", "Bearer \(token)")] + (body == nil ? [] : [("Content-Type", type)]),
            body: body.map { Array($0.utf8) },
            trust: .certificateAuthority(pem: real.authority),
            timeout: .seconds(20)
        )
        return try await http.execute(request).status
    }

    private func version(of group: String) -> String { "v1" }
}
