import AWS
import Bootstrap
import FoundationEssentials
import Ghosts
import Kubernetes
import Store

/// Reads a cluster's disks, and then what every cluster of the customer says about disks.
struct DiskSurvey: Sendable {
    let survey: GhostSurvey

    /// The disks that carry a tag of the cluster.
    func disks() async throws -> CompleteList<Disk> {
        var pages = survey.aws.ec2.volumes(filters: [.init("tag-key", survey.scanned.proofKeys)])
            .makeAsyncIterator()
        do {
            return try await CompleteList<EC2.Volume>.read { try await pages.next() }.map(Disk.init)
        } catch let error as AWSError {
            throw try GhostSurvey.abort(error, "volumes")
        }
    }

    /// What each registered cluster of the customer refers to.
    func views() async throws -> [UUID: DiskView] {
        let clusters = try await survey.ghosts.clusters(of: survey.customer)
        return try await withThrowingTaskGroup(of: ClusterView<DiskView>.self) { group in
            for id in clusters {
                group.addTask {
                    do {
                        return ClusterView(id: id, view: .seen(try await references(of: id)))
                    } catch let abort as ScanAbort {
                        return ClusterView(id: id, view: .unseen(abort.detail))
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.id] = $1.view }
        }
    }

    private func references(of id: UUID) async throws -> DiskReferences {
        guard let client = try await survey.access.connections.client(for: id)?.until(survey.limit) else {
            throw ScanAbort(.nodesUnreadable, "it is not registered any more")
        }
        do {
            let volumes = try await GhostSurvey.whole { () async throws(KubernetesError) in
                try await client.listPersistentVolumes().flatMap(\.diskReferences)
            }
            let classes = try await client.listStorageClasses()
            return DiskReferences(names: volumes, retainsDisks: classes.contains(where: \.retainsDisks))
        } catch let error as KubernetesError {
            throw try GhostSurvey.abort(error)
        }
    }
}

extension Disk {
    init(_ volume: EC2.Volume) {
        self.init(
            id: volume.id,
            state: volume.state,
            size: volume.size,
            type: volume.type,
            zone: volume.zone,
            createdAt: volume.created,
            attachedTo: volume.attachedTo,
            tags: volume.tags
        )
    }
}
