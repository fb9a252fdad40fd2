import Drain
import Foundation
import Kubernetes
import TestKit
import Testing

@Suite(
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct VolumeConformanceTests {
    private static let path = "/apis/storage.k8s.io/v1/volumeattachments"

    let cluster: TestCluster

    init() throws { cluster = try TestCluster() }

    /// Runs the body with attachments, which are gone after.
    private func with(
        _ volumes: [String],
        on node: String,
        _ body: () async throws -> Void
    ) async throws {
        for volume in volumes {
            try await cluster.call(
                "POST",
                Self.path,
                [
                    "metadata": ["name": "\(cluster.name)-\(volume)"],
                    "spec": [
                        "attacher": "ebs.csi.example.com", "nodeName": node,
                        "source": ["persistentVolumeName": "\(cluster.name)-\(volume)"],
                    ],
                ]
            )
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for volume in volumes { try? await detach(volume) }  // most are gone by then
        try result.get()
    }

    private func detach(_ volume: String) async throws {
        try await cluster.call("DELETE", "\(Self.path)/\(cluster.name)-\(volume)")
    }

    private func drain(_ node: String, timeout: Duration) async throws -> DrainReport {
        try await cluster.drain.run(
            node: node,
            jobID: cluster.jobID,
            policy: VoluntaryPolicy(timeout: timeout, movesUnreplicated: true)
        )
    }

    @Test func areWaitedFor() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("web", on: node)
            try await cluster.waitForPods(1, on: node)
            try await with(["one", "two"], on: node) {
                async let drained = {
                    let report = try await drain(node, timeout: .seconds(60))
                    return (report, Date())
                }()
                try await cluster.wait("the end of the pod") { try await cluster.pods(on: node).isEmpty }
                let gone = Date()
                try await detach("one")
                // One volume holds the drain for longer than the pods' end may be told to have taken.
                try await Task.sleep(for: .seconds(6))
                let detaching = Date()
                try await detach("two")
                let (report, returned) = try await drained
                #expect(report.outcome == .drained)
                #expect(report.attachedVolumes == [])
                #expect(returned > detaching)
                #expect(report.finishedAt < gone.addingTimeInterval(5.5), "the pods' end, not the volumes'")
                #expect(report.problems == [])
            }
        }
    }

    @Test func areNamedIfTheyAreNotDetachedInTime() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("web", on: node)
            try await cluster.waitForPods(1, on: node)
            try await with(["stuck"], on: node) {
                let left = [
                    AttachedVolume(
                        attachment: "\(cluster.name)-stuck",
                        volume: "\(cluster.name)-stuck"
                    )
                ]
                let report = try await drain(node, timeout: .seconds(12))
                #expect(report.outcome == .drained)
                #expect(report.attachedVolumes == left)
                let begun = ContinuousClock.now
                let urgent = try await cluster.drain.run(
                    node: node,
                    jobID: cluster.jobID,
                    deadline: Date() + 15
                )
                #expect(urgent.outcome == .drained)
                #expect(urgent.attachedVolumes == left)
                #expect(ContinuousClock.now - begun < .seconds(12))
            }
        }
    }

    @Test func ofPodsThatStayAreNotWaitedFor() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.call(
                "POST",
                "/api/v1/namespaces/\(cluster.name)/persistentvolumeclaims",
                [
                    "metadata": ["name": "claim"],
                    "spec": [
                        "accessModes": ["ReadWriteOnce"], "volumeName": "\(cluster.name)-kept",
                        "storageClassName": "", "resources": ["requests": ["storage": "1Gi"]],
                    ],
                ]
            )
            try await cluster.call(
                "POST",
                "/api/v1/namespaces/\(cluster.name)/pods",
                [
                    "metadata": [
                        "name": "static", "annotations": ["kubernetes.io/config.mirror": "hash"],
                    ],
                    "spec": [
                        "nodeName": node, "containers": [["name": "c", "image": "i"]],
                        "volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "claim"]]],
                    ],
                ]
            )
            try await with(["kept"], on: node) {
                let begun = ContinuousClock.now
                let report = try await drain(node, timeout: .seconds(60))
                #expect(report.outcome == .drained)
                #expect(report.pods.map(\.reason) == [.mirror])
                #expect(report.attachedVolumes == [])
                #expect(ContinuousClock.now - begun < .seconds(20))
            }
        }
    }
}
