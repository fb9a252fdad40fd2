/// An EC2 instance type, as far as a node and EC2 show it.
struct InstanceType: Sendable {
    let name: String
    let architecture: String
    let cpus: Int
    let memoryMiB: Int
    /// The limit that the network interfaces put on pods.
    let maximumPods: Int
    /// On demand, in thousandths of a US dollar an hour.
    let price: Int

    private init(
        _ name: String,
        _ architecture: String,
        _ cpus: Int,
        _ gibibytes: Int,
        _ pods: Int,
        _ price: Int
    ) {
        self.name = name
        self.architecture = architecture
        self.cpus = cpus
        memoryMiB = gibibytes * 1024
        maximumPods = pods
        self.price = price
    }

    /// Those that the clusters begin with.
    static let all = [
        InstanceType("m5.large", "amd64", 2, 8, 29, 96),
        InstanceType("m5.xlarge", "amd64", 4, 16, 58, 192),
        InstanceType("m5.2xlarge", "amd64", 8, 32, 58, 384),
        InstanceType("c5.xlarge", "amd64", 4, 8, 58, 170),
        InstanceType("r5.large", "amd64", 2, 16, 29, 126),
        InstanceType("m6g.xlarge", "arm64", 4, 16, 58, 154),
    ]

    /// All that EC2 offers.
    static let offered =
        all + [
            InstanceType("m5a.large", "amd64", 2, 8, 29, 86),
            InstanceType("m5a.xlarge", "amd64", 4, 16, 58, 172),
            InstanceType("m6i.large", "amd64", 2, 8, 29, 96),
            InstanceType("m6i.xlarge", "amd64", 4, 16, 58, 192),
            InstanceType("m6i.2xlarge", "amd64", 8, 32, 58, 384),
            InstanceType("m6a.large", "amd64", 2, 8, 29, 86),
            InstanceType("m6a.xlarge", "amd64", 4, 16, 58, 173),
            InstanceType("m7i.large", "amd64", 2, 8, 29, 101),
            InstanceType("m7i.xlarge", "amd64", 4, 16, 58, 202),
            InstanceType("m7i.2xlarge", "amd64", 8, 32, 58, 403),
            InstanceType("c5.large", "amd64", 2, 4, 29, 85),
            InstanceType("c6i.xlarge", "amd64", 4, 8, 58, 170),
            InstanceType("c6a.xlarge", "amd64", 4, 8, 58, 153),
            InstanceType("c6i.2xlarge", "amd64", 8, 16, 58, 340),
            InstanceType("r5.xlarge", "amd64", 4, 32, 58, 252),
            InstanceType("r5a.large", "amd64", 2, 16, 29, 113),
            InstanceType("r6i.large", "amd64", 2, 16, 29, 126),
            InstanceType("r6i.xlarge", "amd64", 4, 32, 58, 252),
            InstanceType("m6g.2xlarge", "arm64", 8, 32, 58, 308),
            InstanceType("m7g.xlarge", "arm64", 4, 16, 58, 163),
            InstanceType("m7g.2xlarge", "arm64", 8, 32, 58, 326),
            InstanceType("c7g.xlarge", "arm64", 4, 8, 58, 145),
            InstanceType("r6g.xlarge", "arm64", 4, 32, 58, 202),
        ]

    static func named(_ name: String) -> InstanceType? { offered.first { $0.name == name } }

    static func withRoom(forPods count: Int) -> [InstanceType] {
        all.filter { $0.maximumPods > count }
    }

    /// As EC2 calls it.
    var processor: String { architecture == "amd64" ? "x86_64" : architecture }

    /// Network interfaces, and addresses of each: the limit of pods follows from them by the VPC plugin's rule.
    var network: (interfaces: Int, addresses: Int) { maximumPods == 29 ? (3, 10) : (4, 15) }

    /// What is left for pods after the system's share, by EKS's own formula for CPU, in millicores.
    var allocatableMillicores: Int {
        cpus * 1000 - (60 + 10 + max(0, min(cpus, 4) - 2) * 5 + max(0, cpus - 4) * 5 / 2)
    }

    /// The same for memory: 255 MiB, 11 MiB for each pod, and 100 MiB kept from eviction.
    var allocatableMiB: Int { memoryMiB - 255 - 11 * maximumPods - 100 }
}
