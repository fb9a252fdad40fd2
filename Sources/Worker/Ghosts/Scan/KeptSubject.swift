import FoundationEssentials
import Ghosts
import Store

/// What a scan keeps a record of.
protocol KeptSubject: GhostSubject {
    /// What it is.
    static var kind: GhostRecord.Kind { get }

    /// Writes into its record what was seen of it.
    ///
    /// - Throws: `JSONError` if that cannot be written.
    func describe(_ ghost: inout GhostRecord) throws

    /// USD that an hour of it costs, if that is known.
    func price(_ access: GhostAccess, in region: String) -> String?
}

extension Evidence: KeptSubject {
    static var kind: GhostRecord.Kind { .instance }

    func describe(_ ghost: inout GhostRecord) throws {
        ghost.instanceType = machine.type
        ghost.zone = machine.zone
        ghost.market = machine.market
        ghost.launchedAt = machine.launchedAt
        ghost.autoScalingGroup = group?.group
        ghost.tags = try GhostRecord.json(machine.foreignTags)
        ghost.evidence = try JSONValue(shown: self).withoutNUL.serialized()
    }

    func price(_ access: GhostAccess, in region: String) -> String? { access.price(of: machine, in: region) }
}

extension Disk: KeptSubject {
    static var kind: GhostRecord.Kind { .volume }

    func describe(_ ghost: inout GhostRecord) throws {
        ghost.instanceType = type
        ghost.zone = zone
        ghost.launchedAt = createdAt
        ghost.tags = try GhostRecord.json(foreignTags)
        ghost.evidence = try JSONValue(shown: self).withoutNUL.serialized()
    }

    /// Prices of disks are not among those that are kept.
    func price(_ access: GhostAccess, in region: String) -> String? { nil }
}
