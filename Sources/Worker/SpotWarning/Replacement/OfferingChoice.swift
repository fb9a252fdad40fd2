import AWS
import Store

/// What may take a machine's place: types that hold all it held, in zones where its pods can run.
///
/// AWS chooses among them by price and by how likely an interruption is, which takes ten types or more
/// (EC2 User Guide, "Best practices for EC2 Spot").
struct OfferingChoice: Sendable {
    /// CreateFleet takes 300 overrides for an instant fleet; more types than this give AWS no better choice.
    static let maximumTypes = 20
    private static let enoughTypes = 10

    /// The type of the machine that goes.
    let source: EC2.InstanceType
    /// Where machines may be launched: one subnet a zone.
    let subnets: [EC2.Subnet]
    /// What could not be had lately.
    let unavailable: Set<Offering>

    /// The types, best first: those of the same family, then of the same kind, then others; the least too large first.
    func types(among all: [EC2.InstanceType]) -> [EC2.InstanceType] {
        let fitting = all.filter(fits).sorted { rank($0) < rank($1) }
        let alike = fitting.filter { Self.kind($0.name) == Self.kind(source.name) }
        // Other kinds cost more for the same work: only if there is too little to choose from.
        let chosen = alike.count >= Self.enoughTypes ? alike : fitting
        return Array(chosen.prefix(Self.maximumTypes))
    }

    /// What a fleet is offered.
    func overrides(_ types: [EC2.InstanceType], market: EC2.Market) -> [EC2.CreateFleet.Override] {
        types.flatMap { type in
            subnets.compactMap { subnet in
                let offering = Offering(market: market.rawValue, instanceType: type.name, zone: subnet.zone)
                return unavailable.contains(offering)
                    ? nil : .init(instanceType: type.name, subnetID: subnet.id)
            }
        }
    }

    private func fits(_ type: EC2.InstanceType) -> Bool {
        guard type.vCPUs >= source.vCPUs, type.vCPUs <= max(4, source.vCPUs * 2),
            type.memory >= source.memory,
            type.memory <= max(8192, source.memory * 3)
        else { return false }
        guard !Set(type.architectures).isDisjoint(with: source.architectures) else { return false }
        guard type.isBareMetal == source.isBareMetal, type.isCurrentGeneration || type.name == source.name
        else {
            return false
        }
        // A processor that tires does not carry what one that does not tire carried.
        guard !type.isBurstable || source.isBurstable else { return false }
        guard type.gpus >= source.gpus, type.hasAccelerators == source.hasAccelerators else { return false }
        guard type.localStorage >= source.localStorage || source.localStorage == 0 else { return false }
        return Self.addresses(type) >= Self.addresses(source)
    }

    private func rank(_ type: EC2.InstanceType) -> Rank {
        Rank(
            isOther: type.name != source.name,
            isOtherFamily: Self.family(type.name) != Self.family(source.name),
            isOtherKind: Self.kind(type.name) != Self.kind(source.name),
            size: type.vCPUs * 4096 + type.memory,
            name: type.name
        )
    }

    private struct Rank: Comparable {
        let isOther, isOtherFamily, isOtherKind: Bool
        let size: Int
        let name: String

        static func < (left: Rank, right: Rank) -> Bool {
            for (one, other) in [
                (left.isOther, right.isOther), (left.isOtherFamily, right.isOtherFamily),
                (left.isOtherKind, right.isOtherKind),
            ] where one != other { return other }
            return (left.size, left.name) < (right.size, right.name)
        }
    }

    /// `m5` of `m5.large`.
    static func family(_ type: String) -> Substring { type.prefix { $0 != "." } }

    /// `m` of `m5.large`: what the machine is made for.
    static func kind(_ type: String) -> Substring { family(type).prefix { $0.isLetter } }

    /// How many pods may have addresses of their own, by the VPC plugin's rule.
    private static func addresses(_ type: EC2.InstanceType) -> Int {
        (type.networkInterfaces ?? 0) * max(0, (type.addressesPerInterface ?? 0) - 1)
    }
}
