public import FoundationEssentials

/// A volume as EC2 lists it.
public struct Disk: Hashable, Sendable, Codable {
    /// As in `vol-0abc`.
    public var id: String
    /// `available`, `in-use` and so on.
    public var state: String
    /// In GiB.
    public var size: Int
    /// As in `gp3`.
    public var type: String?
    /// As in `us-east-1a`.
    public var zone: String?
    /// When it was made.
    public var createdAt: Date?
    /// The machines it is attached to.
    public var attachedTo: [String]
    /// By key.
    public var tags: [String: String]

    /// Makes a disk from all of its fields.
    public init(
        id: String,
        state: String,
        size: Int,
        type: String? = nil,
        zone: String?,
        createdAt: Date?,
        attachedTo: [String] = [],
        tags: [String: String]
    ) {
        self.id = id
        self.state = state
        self.size = size
        self.type = type
        self.zone = zone
        self.createdAt = createdAt
        self.attachedTo = attachedTo
        self.tags = tags
    }

    /// Its tags but those that we put there ourselves.
    public var foreignTags: [String: String] { tags.filter { $0.key != KnownTags.ghostSince } }
}

/// What a cluster says about disks: every persistent volume, and how it treats them.
public struct DiskReferences: Sendable {
    /// Whatever names a disk.
    public let names: CompleteList<String>
    /// Whether the cluster has a class of storage whose disks are to outlive their persistent volumes.
    public let retainsDisks: Bool

    /// Makes it of a whole list.
    public init(names: CompleteList<String>, retainsDisks: Bool) {
        self.names = names
        self.retainsDisks = retainsDisks
    }

    /// Whether a disk is named, whatever the form: `vol-0abc`, `aws://us-east-1a/vol-0abc`.
    func name(_ disk: String) -> Bool { names.items.contains { $0.contains(disk) } }
}

/// A cluster's disks as they could be seen.
public enum DiskView: Sendable {
    /// All that it refers to.
    case seen(DiskReferences)
    /// It could not be read.
    case unseen(String)
}

/// Why a disk that carries a cluster's tag is not deleted.
public enum DiskDoubt: String, Sendable, CaseIterable, Codable {
    /// EC2 lists it no more.
    case gone
    /// It is attached, being made, or being deleted.
    case inUse = "in_use"
    /// Nothing proves it to be the cluster's.
    case notProvenOwned = "not_proven_owned"
    /// A tag names another cluster as well.
    case otherClustersTag = "other_clusters_tag"
    /// It is in another region.
    case otherRegion = "other_region"
    /// It was made a short while ago.
    case young
    /// EC2 does not say when it was made.
    case ageUnknown = "age_unknown"
    /// A persistent volume of a registered cluster of the customer refers to it.
    case referenced
    /// Its cluster has disks that outlive their persistent volumes on purpose, and this may be one.
    case retained
    /// Its tags were changed since it was last seen.
    case tagsChanged = "tags_changed"
    /// Its tag says that it is to be kept.
    case keepTag = "keep_tag"
    /// Somebody said that it is to be kept.
    case keepCall = "keep_call"
    /// It has not been seen detached for long enough.
    case notDue = "not_due"
}
