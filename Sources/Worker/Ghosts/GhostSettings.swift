import Bootstrap
import Ghosts

/// What the operator says about ghosts.
struct GhostSettings: Sendable {
    /// False: nothing is scanned, and nothing terminated.
    var isEnabled = true
    /// The numbers for machines.
    var rules = GhostRules()
    /// Whether disks are looked at, too.
    var includesDisks = false
    /// How long a disk must have been seen detached.
    var diskGrace = Duration.seconds(30 * 86_400)

    /// The numbers for disks.
    var diskRules: GhostRules {
        var rules = rules
        rules.grace = diskGrace
        return rules
    }

    init() {}

    init(_ settings: Settings) throws {
        isEnabled = try settings.flag(.ghostScanner, default: true)
        let age = Duration.seconds(try settings.decimal(.ghostMinimumAge, in: 0...1440, default: 30) * 60)
        rules.minimumAge = age
        // What was a node so short a time ago may become one again.
        rules.nodeMemory = age
        rules.spacing = .seconds(try settings.decimal(.ghostScanSpacing, in: 0...10_080, default: 60) * 60)
        rules.longestGap = try settings.ghostScanInterval() * 2
        rules.grace = .seconds(try settings.decimal(.ghostGrace, in: 0...8760, default: 24) * 3600)
        rules.perRun = try settings.integer(.ghostsPerRun, in: 0...1000, default: 5)
        rules.perDay = try settings.integer(.ghostsPerDay, in: 0...10_000, default: 10)
        includesDisks = try settings.flag(.zombieVolumes, default: false)
        diskGrace = .seconds(try settings.decimal(.zombieVolumeDays, in: 0...3650, default: 30) * 86_400)
    }
}
