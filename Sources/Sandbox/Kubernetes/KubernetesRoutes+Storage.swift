import Hummingbird

/// What is stored: persistent volumes and the classes that they are made by.
extension KubernetesRoutes {
    func addStorage(to group: RouterGroup<SandboxRequestContext>) {
        group.get("api/v1/persistentvolumes") { request, context in
            try list("PersistentVolumeList", in: context, request, fields: ["metadata.name"]) { state in
                state.persistentVolumes
            }
        }
        group.get("apis/storage.k8s.io/v1/storageclasses") { request, context in
            try list(
                "StorageClassList",
                apiVersion: "storage.k8s.io/v1",
                in: context,
                request,
                fields: ["metadata.name"]
            ) { _ in [Self.storageClass] }
        }
        // No disk is attached to any of them.
        group.get("apis/storage.k8s.io/v1/volumeattachments") { request, context in
            try list(
                "VolumeAttachmentList",
                apiVersion: "storage.k8s.io/v1",
                in: context,
                request,
                fields: ["metadata.name"]
            ) { _ in [] }
        }
    }

    private static var storageClass: ListItem {
        let json: JSON = [
            "metadata": ["name": "gp3", "uid": "sc-gp3", "resourceVersion": "1"],
            "provisioner": "ebs.csi.aws.com", "parameters": ["type": "gp3"], "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true,
        ]
        return ListItem(key: "gp3", fields: ["metadata.name": "gp3"], bytes: json.bytes)
    }
}

extension ClusterState {
    /// In the order of lists.
    fileprivate var persistentVolumes: [ListItem] {
        volumes.values.compactMap { volume -> ListItem? in
            guard let claim = volume.claim else { return nil }
            let name = "pvc-\(claim.uid)"
            let json: JSON = [
                "metadata": [
                    "name": .string(name), "uid": .string("pv-\(claim.uid)"), "resourceVersion": "1",
                    "creationTimestamp": .string(volume.created),
                ],
                "spec": [
                    "capacity": ["storage": "\(volume.size)Gi"], "accessModes": ["ReadWriteOnce"],
                    "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "gp3",
                    "volumeMode": "Filesystem",
                    "csi": [
                        "driver": "ebs.csi.aws.com", "volumeHandle": .string(volume.id), "fsType": "ext4",
                    ],
                    "claimRef": [
                        "kind": "PersistentVolumeClaim", "namespace": .string(claim.namespace),
                        "name": .string(claim.name), "uid": .string(claim.uid),
                    ],
                ],
                "status": ["phase": "Bound"],
            ]
            return ListItem(key: name, fields: ["metadata.name": name], bytes: json.bytes)
        }.sorted { $0.key < $1.key }
    }
}
