import AWS
import FoundationEssentials
import Store

/// Decides, from what is seen, when an interruption is over, and what is left to do.
struct SettlementWatch: Sendable, CustomStringConvertible {
    /// What EC2 says of a machine.
    enum MachineState: Sendable, Equatable {
        case known(EC2.Instance.State)
        case notFound
    }

    /// What one look found; nil for what could not be seen.
    struct Sight: Sendable {
        var machine: MachineState?
        var replacement: MachineState?
        var hasJoined: Bool?
    }

    /// What is to be done.
    enum Action: Sendable, Equatable {
        /// Something happened that is told in the timings.
        case note(String, at: Date)
        /// The node is given back.
        case release(node: String, reason: String)
        /// The replacement is terminated: it serves nobody.
        case giveUp(ReplacementOutcome, reason: String)
    }

    let interruption: Interruption
    let node: InterruptedNode
    let replacement: ReplacementOutcome?
    /// Whether AWS said that the machine, which the interruption had stopped, runs again.
    let hasStarted: Bool
    /// What earlier looks have found, and this one adds.
    private(set) var progress: Progress

    /// How far it came.
    struct Progress: Codable, Sendable, Equatable {
        /// It is known what became of the machine.
        var isMachineSettled = false
        /// It is known what became of the replacement.
        var isReplacementSettled = false
        /// The node was given back.
        var isNodeReturned = false
        var logs: [String] = []
    }

    init(
        interruption: Interruption,
        node: InterruptedNode,
        replacement: ReplacementOutcome?,
        hasStarted: Bool = false,
        progress: Progress? = nil
    ) {
        self.interruption = interruption
        self.node = node
        self.replacement = replacement
        self.hasStarted = hasStarted
        self.progress = progress ?? Progress()
    }

    /// Whether it is not known yet what becomes of the machine; of some it is not known when they go, if at all.
    var watchesMachine: Bool { interruption.lostAt != nil && !progress.isMachineSettled }

    /// The replacement that has not joined yet.
    var awaited: String? {
        guard replacement?.result == .launched, !hasStarted, !progress.isReplacementSettled else {
            return nil
        }
        return replacement?.instanceID
    }

    /// Whether nothing is left to watch.
    var isSettled: Bool { !watchesMachine && awaited == nil }

    var description: String {
        let machine = watchesMachine ? "for the end of \(interruption.instanceID)" : nil
        let joining = awaited.map { "until \($0) joins" }
        let both = [machine, joining].compactMap(\.self)
        return both.isEmpty ? "waits for nothing" : "waits " + both.joined(separator: ", and ")
    }

    /// Takes in one look.
    mutating func decide(_ sight: Sight, at now: Date) -> [Action] {
        watched(sight.machine, at: now) + joined(sight, at: now)
    }

    private mutating func watched(_ state: MachineState?, at now: Date) -> [Action] {
        guard watchesMachine, let lostAt = interruption.lostAt, let state else { return [] }
        let limit = lostAt.addingTimeInterval(SettleInterruptionHandler.takenLimit.seconds)
        switch state {
        case .notFound, .known(.terminated), .known(.shuttingDown):
            progress.isMachineSettled = true
            progress.logs.append("the machine is gone")
            return [.note("machine_gone", at: now)]
        case .known(.stopped), .known(.stopping):
            guard interruption.action == .terminate else {
                // It may be started again, when the capacity is back: as the same node, which is to be usable then.
                guard now >= limit else { return [] }
                progress.isMachineSettled = true
                progress.logs.append("the machine is stopped; its node stays cordoned until it runs again")
                return hasStarted ? [] : [.note("machine_stopped", at: now)]
            }
            progress.isMachineSettled = true
            progress.logs.append("the machine is stopped")
            return [.note("machine_gone", at: now)]
        case .known(.running), .known(.pending), .known(.unknown):
            guard now >= limit else { return [] }
            progress.isMachineSettled = true
            let reason =
                hasStarted
                ? "the machine runs again: its node is given back"
                : "AWS did not take the machine: its node is given back"
            progress.logs.append(reason)
            progress.isNodeReturned = true
            return [.release(node: node.name, reason: reason)]
        }
    }

    private mutating func joined(_ sight: Sight, at now: Date) -> [Action] {
        guard let id = awaited, let replacement else { return [] }
        if sight.hasJoined == true {
            progress.isReplacementSettled = true
            progress.logs.append("\(id) joined")
            return [.note("replacement_ready", at: now)]
        }
        switch sight.replacement {
        case .known(.terminated), .known(.shuttingDown), .known(.stopped), .known(.stopping):
            progress.isReplacementSettled = true
            progress.logs.append("\(id) ended before it joined")
            return [.giveUp(replacement, reason: "the replacement \(id) ended before it joined")]
        case .notFound, .known, nil: break
        }
        let launchedAt = replacement.launchedAt ?? interruption.eventTime
        // Only what was seen not to have joined is ended: while the cluster cannot be asked, time does not count.
        guard sight.hasJoined == false,
            now >= launchedAt.addingTimeInterval(SettleInterruptionHandler.joinLimit.seconds)
        else { return [] }
        progress.isReplacementSettled = true
        let reason = "the replacement \(id) did not join its cluster and is terminated"
        progress.logs.append(reason)
        return [.giveUp(replacement, reason: reason)]
    }
}
