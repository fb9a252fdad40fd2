/// An EC2 instance type, as far as a node shows it.
struct InstanceType: Sendable {
    let name: String
    let architecture: String
    let cpus: Int
    let memoryMiB: Int
    /// The limit that the network interfaces put on pods.
    let maximumPods: Int

    static let all = [
        InstanceType(name: "m5.large", architecture: "amd64", cpus: 2, memoryMiB: 8192, maximumPods: 29),
        InstanceType(name: "m5.xlarge", architecture: "amd64", cpus: 4, memoryMiB: 16384, maximumPods: 58),
        InstanceType(name: "m5.2xlarge", architecture: "amd64", cpus: 8, memoryMiB: 32768, maximumPods: 58),
        InstanceType(name: "c5.xlarge", architecture: "amd64", cpus: 4, memoryMiB: 8192, maximumPods: 58),
        InstanceType(name: "r5.large", architecture: "amd64", cpus: 2, memoryMiB: 16384, maximumPods: 29),
        InstanceType(name: "m6g.xlarge", architecture: "arm64", cpus: 4, memoryMiB: 16384, maximumPods: 58),
    ]

    static func withRoom(forPods count: Int) -> [InstanceType] {
        all.filter { $0.maximumPods > count }
    }

    /// What is left for pods after the system's share, by EKS's own formula for CPU, in millicores.
    var allocatableMillicores: Int {
        cpus * 1000 - (60 + 10 + max(0, min(cpus, 4) - 2) * 5 + max(0, cpus - 4) * 5 / 2)
    }

    /// The same for memory: 255 MiB, 11 MiB for each pod, and 100 MiB kept from eviction.
    var allocatableMiB: Int { memoryMiB - 255 - 11 * maximumPods - 100 }
}
