public import FoundationEssentials

extension EC2 {
    /// Volumes, by ids or filters.
    public func volumes(ids: [String] = [], filters: [Filter] = []) -> AWSPages<Volume> {
        var parameters = QueryParameters()
        parameters.set("VolumeId", ids)
        parameters.set(filters)
        if ids.isEmpty { parameters.set("MaxResults", 500) }
        return pages("DescribeVolumes", parameters, set: "volumeSet") { xml throws(AWSError) in
            try Volume(xml)
        }
    }

    /// Snapshots, by ids or filters; of the account's own alone.
    public func snapshots(ids: [String] = [], filters: [Filter] = []) -> AWSPages<Snapshot> {
        var parameters = QueryParameters()
        parameters.set("SnapshotId", ids)
        parameters.set("Owner", ["self"])
        parameters.set(filters)
        if ids.isEmpty { parameters.set("MaxResults", 1000) }
        return pages("DescribeSnapshots", parameters, set: "snapshotSet") { xml throws(AWSError) in
            try Snapshot(xml)
        }
    }

    /// Copies a volume to a snapshot; it is complete some time after.
    ///
    /// Not repeated when it may have begun: EC2 takes no token here. Look for the tags before asking again.
    public func createSnapshot(_ request: CreateSnapshot) async throws(AWSError) -> Snapshot {
        try Snapshot(try await perform(.createSnapshot(request)))
    }

    /// Deletes a volume that isn't attached.
    public func deleteVolume(_ id: String) async throws(AWSError) {
        _ = try await perform(.deleteVolume(id))
    }

    /// A disk.
    public struct Volume: Hashable, Sendable {
        /// As in `vol-0abc`.
        public let id: String
        /// `creating`, `available`, `in-use`, `deleting`, `deleted` or `error`.
        public let state: String
        /// In GiB.
        public let size: Int
        /// As in `gp3`.
        public let type: String?
        /// Its zone.
        public let zone: String?
        /// When it was made.
        public let created: Date?
        /// The instances it is attached to.
        public let attachedTo: [String]
        /// By key.
        public let tags: [String: String]

        init(_ xml: XMLElement) throws(AWSError) {
            id = try xml.required("volumeId")
            state = try xml.required("status")
            size = try xml.int("size") ?? 0
            type = xml.string("volumeType")
            zone = xml.string("availabilityZone")
            created = try xml.date("createTime")
            attachedTo = xml.items("attachmentSet").compactMap { $0.string("instanceId") }
            tags = xml.tags
        }
    }

    /// A copy of a volume.
    public struct Snapshot: Hashable, Sendable {
        /// As in `snap-0abc`.
        public let id: String
        /// `pending`, `completed`, `error` ...
        public let state: String
        /// What it is a copy of.
        public let volumeID: String?
        /// By key.
        public let tags: [String: String]

        init(_ xml: XMLElement) throws(AWSError) {
            id = try xml.required("snapshotId")
            state = try xml.required("status")
            volumeID = xml.string("volumeId")
            tags = xml.tags
        }
    }

    /// What to copy.
    public struct CreateSnapshot: Sendable {
        /// The volume.
        public var volumeID: String
        /// For people.
        public var description: String?
        /// Of the snapshot.
        public var tags: [AWSTag]

        /// Makes a request.
        public init(volumeID: String, description: String? = nil, tags: [AWSTag] = []) {
            self.volumeID = volumeID
            self.description = description
            self.tags = tags
        }

        func add(to parameters: inout QueryParameters) {
            parameters.set("VolumeId", volumeID)
            parameters.set("Description", description)
            parameters.set(tags, for: ["snapshot"])
        }
    }
}
