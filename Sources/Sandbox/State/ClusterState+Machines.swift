import FoundationEssentials

extension ClusterState {
    /// What a machine is launched as.
    struct Launch: Sendable {
        let type: InstanceType
        let subnet: ClusterNetwork.Subnet
        let isSpot: Bool
        var tags: [String: String]
        var clientToken: String?
        var origin = NodeModel.Origin.launchTemplate
    }

    /// The tag without which a machine does not join.
    var ownershipTag: String { "kubernetes.io/cluster/\(name)" }

    /// Launches a machine, which runs and joins the cluster in its time.
    mutating func launch(_ launch: Launch, at now: Double) -> Machine {
        let address = nextAddress(in: launch.subnet)
        var tags = launch.tags
        tags["aws:ec2launchtemplate:id"] = network.templateID
        tags["aws:ec2launchtemplate:version"] = "1"
        var machine = Machine(
            id: "i-0\(generator.hexadecimal(16))",
            type: launch.type,
            zone: launch.subnet.zone,
            subnetID: launch.subnet.id,
            isSpot: launch.isSpot,
            origin: launch.origin,
            address: address,
            privateName: NodeModel.privateName(address, in: region),
            launched: Timestamp.text(Date(timeIntervalSince1970: now)),
            reservation: "r-0\(generator.hexadecimal(16))",
            clientToken: launch.clientToken,
            state: .pending,
            tags: tags
        )
        machine.replaces = interruptions.launched(machine, at: now)
        machines[machine.id] = machine
        agenda.add(.machineRuns(machine.id), at: now + min(pace.launchSeconds, pace.bootSeconds))
        agenda.add(.machineJoins(machine.id), at: now + pace.bootSeconds)
        return machine
    }

    /// An address that no machine had before.
    mutating func nextAddress(in subnet: ClusterNetwork.Subnet) -> String {
        addresses += 1
        let zone = network.subnets.firstIndex { $0.id == subnet.id } ?? 0
        return
            "10.\(128 + zone * 32 + addresses / 62_500 % 32).\(addresses / 250 % 250).\(addresses % 250 + 4)"
    }

    /// Ends a machine; to end it again does no harm.
    ///
    /// - Parameters:
    ///   - id: The machine's.
    ///   - now: The time.
    ///   - call: What asked for it.
    ///   - shrinksGroup: Whether the group that it is in becomes smaller by it; else the group launches another.
    /// - Returns: Its state before and now; nil if there is none.
    mutating func terminate(
        _ id: String,
        at now: Double,
        by call: String = "TerminateInstances",
        shrinksGroup: Bool = false
    ) -> (before: Machine.State, now: Machine.State)? {
        guard let machine = machines[id] else { return nil }
        orphanBook.note(id) { $0.end(by: call, at: now) }
        if machine.isAlive {
            end(
                id,
                at: now,
                reason: (
                    "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"
                )
            )
            if let group = machine.group {
                if shrinksGroup { groups[group]?.desired -= 1 } else { succeed(machine, at: now) }
            }
        }
        return (machine.state, machines[id]?.state ?? machine.state)
    }

    // MARK: - What happens by itself

    mutating func machineRan(_ id: String, at now: Double) {
        guard machines[id]?.state == .pending else { return }
        machines[id]?.state = .running
        if let machine = machines[id] {
            interruptions.note("replacement_running", replacement: machine, at: now)
        }
    }

    mutating func machineJoined(_ id: String, at now: Double) {
        guard let machine = machines[id], machine.state == .running else { return }
        // Whose tag is missing is no node of the cluster's, by EKS's rule.
        guard machine.tags[ownershipTag] == "owned" else { return }
        addNode(machine, at: now)
        interruptions.note("replacement_joined", replacement: machine, at: now)
    }

    mutating func machineTaken(_ id: String, _ interruption: String, at now: Double) {
        guard let machine = machines[id], machine.isAlive else { return }
        let lost = end(
            id,
            at: now,
            reason: (
                "Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination"
            )
        )
        interruptions.taken(interruption, lost: lost, at: now)
        if machine.origin != .launchTemplate { succeed(machine, at: now) }
    }

    /// Karpenter or the group does what it does for its own machines.
    private mutating func succeed(_ machine: Machine, at now: Double) {
        guard let subnet = network.subnet(in: machine.zone) else { return }
        let tags = machine.tags.filter { !$0.key.hasPrefix("cloudoptim.io/") }
        var launch = Launch(type: machine.type, subnet: subnet, isSpot: machine.isSpot, tags: tags)
        launch.origin = machine.origin
        _ = self.launch(launch, at: now)
    }

    mutating func machineWent(_ id: String, at now: Double) {
        guard machines[id]?.state == .shuttingDown else { return }
        machines[id]?.state = .terminated
        orphanBook.note(id) { $0.add("gone", at: now) }
        agenda.add(.machineForgotten(id), at: now + pace.memorySeconds)
    }

    @discardableResult
    private mutating func end(_ id: String, at now: Double, reason: (String, String)) -> [PodModel] {
        guard let machine = machines[id] else { return [] }
        machines[id]?.state = .shuttingDown
        machines[id]?.stateReason = reason
        agenda.add(.machineGone(id), at: now + pace.shutdownSeconds)
        let lost = removeNode(machine.privateName, at: now)
        for pod in lost { replenish(pod.owner.uid, after: pod, at: now) }
        schedule(at: now)
        return lost
    }
}

extension Machine {
    /// The machine below a node that was there from the beginning.
    init(_ node: NodeModel, of cluster: ClusterState, reservation: String) {
        var tags = [
            cluster.ownershipTag: "owned", "Name": "\(cluster.name)-node",
            "aws:ec2launchtemplate:id": cluster.network.templateID, "aws:ec2launchtemplate:version": "1",
        ]
        switch node.origin {
        case .karpenter:
            tags["karpenter.sh/nodepool"] = "default"
        case .managedGroup:
            tags["eks:nodegroup-name"] = node.isSpot ? "workers-spot" : "workers"
            tags["aws:autoscaling:groupName"] =
                ScalingGroup.name(isSpot: node.isSpot, of: cluster.name)
        case .launchTemplate: break
        }
        self.init(
            id: node.instanceID,
            type: node.instanceType,
            zone: node.zone,
            subnetID: cluster.network.subnet(in: node.zone)?.id ?? "",
            isSpot: node.isSpot,
            origin: node.origin,
            address: node.address,
            privateName: node.name,
            launched: node.created,
            reservation: reservation,
            clientToken: nil,
            state: .running,
            tags: tags
        )
    }
}
