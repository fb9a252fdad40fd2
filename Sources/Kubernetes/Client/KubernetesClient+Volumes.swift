extension KubernetesClient {
    private static let attachments = "/apis/storage.k8s.io/v1/volumeattachments"

    /// The volumes that are attached to a node.
    ///
    /// The server cannot select by node, so all attachments are listed, page by page.
    public func volumeAttachments(onNode node: String) async throws(KubernetesError) -> [VolumeAttachment] {
        let all: [VolumeAttachment] = try await list(Self.attachments)
        return all.filter { $0.spec.nodeName == node }
    }

    /// Whether an attachment is still there.
    public func volumeAttachmentExists(_ name: String) async throws(KubernetesError) -> Bool {
        do throws(KubernetesError) {
            _ = try await get("\(Self.attachments)/\(name.percentEncoded)")
            return true
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
    }

    /// The names of the persistent volumes that pods have claimed; those that have none yet are left out.
    public func volumes(claimedBy pods: [Pod]) async throws(KubernetesError) -> Set<String> {
        var volumes: Set<String> = []
        for pod in pods {
            for claim in pod.claimNames {
                if let volume = try await volume(of: claim, in: pod.metadata.namespace) {
                    volumes.insert(volume)
                }
            }
        }
        return volumes
    }

    private func volume(of claim: String, in namespace: String) async throws(KubernetesError) -> String? {
        let path =
            "/api/v1/namespaces/\(namespace.percentEncoded)/persistentvolumeclaims/\(claim.percentEncoded)"
        do throws(KubernetesError) {
            return try await Self.decode(PersistentVolumeClaim.self, from: try await get(path)).spec?
                .volumeName
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }
}

extension Pod {
    /// The claims of its volumes; an ephemeral volume's is called after the pod and the volume.
    var claimNames: [String] {
        (spec.volumes ?? []).compactMap { volume in
            guard volume.isClaimed else { return nil }
            return volume.claimName ?? "\(metadata.name)-\(volume.name)"
        }
    }
}
