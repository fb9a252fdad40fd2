/// A pod, as far as it is used here.
public struct Pod: Sendable, Decodable {
    /// Name, namespace, identity, owner.
    public var metadata: ObjectMetadata
    /// What is wanted of it.
    public var spec: Spec
    /// What the kubelet reports.
    public var status: Status

    /// What is wanted of a pod.
    public struct Spec: Sendable, Decodable {
        /// The node it is bound to; `nil` or empty while pending.
        public var nodeName: String?
        /// The containers.
        public var containers: [Container]?
        /// The containers run before, in order; those that restart always are sidecars.
        public var initContainers: [Container]?
        /// What the runtime itself takes.
        public var overhead: ResourceList?
        /// Requests of the pod as a whole.
        public var resources: Resources?
        /// As in `system-cluster-critical`.
        public var priorityClassName: String?
        /// How long it may take to stop.
        public var terminationGracePeriodSeconds: Int?
        /// What it mounts.
        public var volumes: [Volume]?
    }

    /// A volume, of which only the kinds that tie a pod to its node or zone are told apart.
    public struct Volume: Hashable, Sendable, Decodable {
        /// The name.
        public var name: String
        /// Whether it is an `emptyDir`, of disk or memory: its content is lost with the pod.
        public var isEmptyDir: Bool
        /// Whether it is claimed: a disk, mostly of one zone.
        public var isClaimed: Bool
        /// The name of its claim; `nil` for one without, and for one that is made with the pod.
        public var claimName: String?

        private enum CodingKeys: CodingKey { case name, emptyDir, persistentVolumeClaim, ephemeral }

        private struct Claim: Decodable { let claimName: String? }

        /// Makes a volume, for tests of rules.
        public init(_ name: String, isEmptyDir: Bool, isClaimed: Bool = false, claimName: String? = nil) {
            self.name = name
            self.isEmptyDir = isEmptyDir
            self.isClaimed = isClaimed
            self.claimName = claimName
        }

        /// Decodes a volume; `emptyDir` is usually `{}`.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            isEmptyDir =
                try container.contains(.emptyDir) && !container.decodeNil(forKey: .emptyDir)
            isClaimed = try [.persistentVolumeClaim, .ephemeral].contains { key in
                try container.contains(key) && !container.decodeNil(forKey: key)
            }
            claimName = try container.decodeIfPresent(Claim.self, forKey: .persistentVolumeClaim)?.claimName
        }
    }

    /// A container of a pod.
    public struct Container: Sendable, Decodable {
        /// The name.
        public var name: String
        /// Requests and limits.
        public var resources: Resources?
        /// `Always` makes an init container a sidecar.
        public var restartPolicy: String?

        /// Makes a container, for tests of rules.
        public init(_ name: String, requests: ResourceList = [:], restartPolicy: String? = nil) {
            self.name = name
            resources = Resources(requests: requests)
            self.restartPolicy = restartPolicy
        }
    }

    /// Requests and limits.
    public struct Resources: Sendable, Decodable {
        /// What is set aside.
        public var requests: ResourceList?
        /// What may not be exceeded.
        public var limits: ResourceList?

        /// Makes requests and limits.
        public init(requests: ResourceList? = nil, limits: ResourceList? = nil) {
            self.requests = requests
            self.limits = limits
        }
    }

    /// What the kubelet reports.
    public struct Status: Sendable, Decodable {
        /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
        public var phase: String?
        /// Among them `PodResizePending`.
        public var conditions: [Node.Condition]?
        /// The state of a resize, before conditions told it.
        public var resize: String?
        /// The containers' states.
        public var containerStatuses: [ContainerStatus]?
        /// The init containers' states.
        public var initContainerStatuses: [ContainerStatus]?
    }

    /// What the kubelet reports of a container.
    public struct ContainerStatus: Sendable, Decodable {
        /// The container's name.
        public var name: String
        /// What the node has set aside.
        public var allocatedResources: ResourceList?
        /// What the running container has.
        public var resources: Resources?

        /// Makes a state, for tests of rules.
        public init(_ name: String, allocatedResources: ResourceList? = nil, resources: Resources? = nil) {
            self.name = name
            self.allocatedResources = allocatedResources
            self.resources = resources
        }
    }

    private enum CodingKeys: CodingKey { case metadata, spec, status }

    /// Decodes a pod; `spec` and `status` may be absent.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        spec = try container.decodeIfPresent(Spec.self, forKey: .spec) ?? Spec()
        status = try container.decodeIfPresent(Status.self, forKey: .status) ?? Status()
    }

    /// Makes a pod, for tests of rules.
    public init(
        metadata: ObjectMetadata,
        nodeName: String? = nil,
        phase: String = "Running",
        containers: [Container] = [],
        initContainers: [Container] = []
    ) {
        self.metadata = metadata
        spec = Spec(nodeName: nodeName, containers: containers, initContainers: initContainers)
        status = Status(phase: phase)
    }
}
