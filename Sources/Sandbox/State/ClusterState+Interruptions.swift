extension ClusterState {
    /// Which machine is to be interrupted, and how soon.
    struct InterruptionDemand: Sendable {
        /// Nil for one that the sandbox chooses.
        var instance: String?
        var seconds = 120
    }

    /// Announces that a spot machine will be taken, and takes it at that time.
    ///
    /// - Parameters:
    ///   - demand: Which machine, and when.
    ///   - now: The time.
    /// - Returns: The interruption; nil if there is no such machine, or none that could be interrupted.
    mutating func interrupt(_ demand: InterruptionDemand, at now: Double) -> InterruptionRecord? {
        let candidates = machines.values.filter { machine in
            machine.isSpot && machine.state == .running && !interruptions.isAnnounced(machine.id)
                && nodes[machine.privateName] != nil
        }
        let machine =
            if let id = demand.instance {
                candidates.first { $0.id == id }
            } else {
                // One that nobody replaces by itself, with much on it, tells the most.
                candidates.max { rank($0) < rank($1) }
            }
        guard let machine else { return nil }
        // EventBridge's times are in whole seconds, and everything is counted from them.
        let warnedAt = now.rounded(.down)
        let onIt = (podsOnNode[machine.privateName] ?? []).compactMap { pods[$0] }
            .filter { !$0.isDaemon && $0.phase != .succeeded && $0.deletion == nil }
        let record = InterruptionRecord(
            id: generator.uid(),
            cluster: name,
            region: region,
            machine: machine,
            warnedAt: warnedAt,
            takenAt: warnedAt + Double(demand.seconds),
            pods: Set(onIt.map(\.uid))
        )
        interruptions.open(record)
        agenda.add(.machineTaken(machine.id, interruption: record.id), at: record.takenAt)
        return interruptions.record(record.id)
    }

    private func rank(_ machine: Machine) -> (Int, Int, String) {
        let isOurs = machine.origin == .launchTemplate && nodes[machine.privateName]?.isOpen == true
        return (isOurs ? 1 : 0, podsOnNode[machine.privateName]?.count ?? 0, machine.id)
    }
}
