/// What a cluster's machines are made with: its network, a subnet in each zone, and a launch template.
struct ClusterNetwork: Sendable {
    /// A subnet.
    struct Subnet: Sendable {
        let id: String
        let zone: String
        let block: String
        /// How many addresses it has.
        let addresses: Int
    }

    let vpcID: String
    let subnets: [Subnet]
    let templateID: String
    let imageID: String
    let groupID: String

    init(region: String, using generator: inout SeededGenerator) {
        vpcID = "vpc-0\(generator.hexadecimal(16))"
        subnets = ["a", "b", "c"].enumerated().map { index, zone in
            Subnet(
                id: "subnet-0\(generator.hexadecimal(16))",
                zone: region + zone,
                block: "10.\(index * 32).0.0/11",
                addresses: 8000
            )
        }
        templateID = "lt-0\(generator.hexadecimal(16))"
        imageID = "ami-0\(generator.hexadecimal(16))"
        groupID = "sg-0\(generator.hexadecimal(16))"
    }

    func subnet(in zone: String) -> Subnet? { subnets.first { $0.zone == zone } }
}
