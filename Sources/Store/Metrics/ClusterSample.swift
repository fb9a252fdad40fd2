public import FoundationEssentials

/// One look at a cluster, as `collect-metrics` keeps it.
public struct ClusterSample: Sendable {
    /// One node of it.
    public struct Node: Sendable {
        /// The Node object's uid.
        public var uid: String
        /// The Node object's name.
        public var name: String
        /// EC2 instance id.
        public var instanceID: String?
        /// EC2 instance type.
        public var instanceType: String?
        /// AWS availability zone.
        public var availabilityZone: String?
        /// `spot`, `on-demand`, `reserved` or `unknown`.
        public var nodeType: String
        /// `ready`, `not_ready` or `cordoned`.
        public var status: String
        /// Cores, decimal.
        public var cpuCapacity: String
        /// GiB, decimal.
        public var memoryCapacityGiB: String
        /// Cores, decimal.
        public var cpuAllocatable: String
        /// Bytes.
        public var memoryAllocatable: Int64
        /// Pods.
        public var podsAllocatable: Int64
        /// Cores requested by its pods, decimal.
        public var cpuRequested: String
        /// Bytes requested by its pods.
        public var memoryRequested: Int64
        /// Pods on it that are not finished.
        public var podCount: Int
        /// USD, decimal; nil if unknown.
        public var hourlyPrice: String?

        /// Makes a node from all of its fields.
        public init(
            uid: String,
            name: String,
            instanceID: String?,
            instanceType: String?,
            availabilityZone: String?,
            nodeType: String,
            status: String,
            cpuCapacity: String,
            memoryCapacityGiB: String,
            cpuAllocatable: String,
            memoryAllocatable: Int64,
            podsAllocatable: Int64,
            cpuRequested: String,
            memoryRequested: Int64,
            podCount: Int,
            hourlyPrice: String?
        ) {
            self.uid = uid
            self.name = name
            self.instanceID = instanceID
            self.instanceType = instanceType
            self.availabilityZone = availabilityZone
            self.nodeType = nodeType
            self.status = status
            self.cpuCapacity = cpuCapacity
            self.memoryCapacityGiB = memoryCapacityGiB
            self.cpuAllocatable = cpuAllocatable
            self.memoryAllocatable = memoryAllocatable
            self.podsAllocatable = podsAllocatable
            self.cpuRequested = cpuRequested
            self.memoryRequested = memoryRequested
            self.podCount = podCount
            self.hourlyPrice = hourlyPrice
        }
    }

    /// The cluster.
    public var clusterID: UUID
    /// The job that looked.
    public var jobID: UUID
    /// When it looked.
    public var takenAt: Date
    /// What it saw.
    public var nodes: [Node]
    /// Name and decimal value of each series' point.
    public var series: [(name: String, value: String)]
    /// GREEN, YELLOW or RED.
    public var health: ClusterRecord.Health
    /// Why not green.
    public var healthReason: String?
    /// USD an hour, decimal; nil if a node's price is unknown.
    public var costPerHour: String?
    /// Nodes whose price is unknown.
    public var unpricedNodes: Int
    /// ClusterMetrics, JSON.
    public var metrics: [UInt8]

    /// Makes a sample from all of its fields.
    public init(
        clusterID: UUID,
        jobID: UUID,
        takenAt: Date,
        nodes: [Node],
        series: [(name: String, value: String)],
        health: ClusterRecord.Health,
        healthReason: String?,
        costPerHour: String?,
        unpricedNodes: Int,
        metrics: [UInt8]
    ) {
        self.clusterID = clusterID
        self.jobID = jobID
        self.takenAt = takenAt
        self.nodes = nodes
        self.series = series
        self.health = health
        self.healthReason = healthReason
        self.costPerHour = costPerHour
        self.unpricedNodes = unpricedNodes
        self.metrics = metrics
    }
}
