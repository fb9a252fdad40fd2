/// A persistent volume, as far as it is used here: which disk it stands for, and what becomes of it.
public struct PersistentVolume: Sendable, Decodable {
    /// Name, identity, labels.
    public var metadata: ObjectMetadata
    /// What it stands for.
    public var spec: Spec

    /// What a persistent volume stands for.
    public struct Spec: Sendable, Decodable {
        /// `Retain`, `Delete` or `Recycle`.
        public var persistentVolumeReclaimPolicy: String?
        /// A disk behind a driver.
        public var csi: CSI?
        /// A disk of EBS, the way that is older than drivers.
        public var awsElasticBlockStore: ElasticBlockStore?
    }

    /// A disk behind a driver.
    public struct CSI: Sendable, Decodable {
        /// As in `ebs.csi.aws.com`.
        public var driver: String?
        /// The driver's name for the disk, as in `vol-0abc`.
        public var volumeHandle: String?
    }

    /// A disk of EBS.
    public struct ElasticBlockStore: Sendable, Decodable {
        /// As in `aws://us-east-1a/vol-0abc`, or `vol-0abc`.
        public var volumeID: String?
    }

    /// Whatever in it names a disk.
    public var diskReferences: [String] {
        [spec.csi?.volumeHandle, spec.awsElasticBlockStore?.volumeID].compactMap(\.self)
    }
}

/// A class of storage, as far as it is used here.
public struct StorageClass: Sendable, Decodable {
    /// Name, identity, labels.
    public var metadata: ObjectMetadata
    /// As in `ebs.csi.aws.com`.
    public var provisioner: String?
    /// `Retain` or `Delete`.
    public var reclaimPolicy: String?

    /// Whether it makes disks of EBS that are to outlive their persistent volumes.
    public var retainsDisks: Bool {
        reclaimPolicy == "Retain" && (provisioner.map { $0.contains("ebs") } ?? true)
    }
}
