/// A node, as far as it is used here.
public struct Node: Sendable, Decodable {
    /// Name, identity, labels.
    public var metadata: ObjectMetadata
    /// What is wanted of it.
    public var spec: Spec
    /// What the kubelet reports.
    public var status: Status

    /// What is wanted of a node.
    public struct Spec: Sendable, Decodable {
        /// The cloud's name for it, as in `aws:///us-east-1a/i-0abc`.
        public var providerID: String?
        /// Whether it is cordoned.
        public var unschedulable: Bool?
        /// Its taints.
        public var taints: [Taint]?
    }

    /// A taint, which keeps away pods that do not tolerate it.
    public struct Taint: Hashable, Sendable, Codable {
        /// The key.
        public var key: String
        /// The value.
        public var value: String?
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        public var effect: String
        /// When it was added, as the server writes it; kept for writing the list back.
        public var timeAdded: String?

        /// Makes a taint.
        public init(key: String, value: String? = nil, effect: String, timeAdded: String? = nil) {
            self.key = key
            self.value = value
            self.effect = effect
            self.timeAdded = timeAdded
        }
    }

    /// What the kubelet reports.
    public struct Status: Sendable, Decodable {
        /// What the machine has.
        public var capacity: ResourceList?
        /// What pods may have of it.
        public var allocatable: ResourceList?
        /// `Ready`, `MemoryPressure` ...
        public var conditions: [Condition]?
    }

    /// A condition of a node or pod.
    public struct Condition: Hashable, Sendable, Decodable {
        /// Which condition.
        public var type: String
        /// `True`, `False` or `Unknown`.
        public var status: String
        /// A word on why.
        public var reason: String?

        /// Makes a condition, for tests of rules.
        public init(type: String, status: String, reason: String? = nil) {
            self.type = type
            self.status = status
            self.reason = reason
        }
    }

    private enum CodingKeys: CodingKey { case metadata, spec, status }

    /// Decodes a node; `spec` and `status` may be absent.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        spec = try container.decodeIfPresent(Spec.self, forKey: .spec) ?? Spec()
        status = try container.decodeIfPresent(Status.self, forKey: .status) ?? Status()
    }

    /// Makes a node, for tests of rules.
    public init(metadata: ObjectMetadata, providerID: String? = nil, allocatable: ResourceList = [:]) {
        self.metadata = metadata
        spec = Spec(providerID: providerID)
        status = Status(allocatable: allocatable)
    }
}
