import Testing

@testable import Sandbox

@Suite("Interruptions") struct InterruptionTests {
    private let start = 1_800_000_000.0

    private func replacement(for machine: Machine, _ state: inout ClusterState, at now: Double) throws
        -> Machine
    {
        let subnet = try #require(state.network.subnet(in: machine.zone))
        var launch = ClusterState.Launch(type: machine.type, subnet: subnet, isSpot: true, tags: [:])
        launch.tags = [state.ownershipTag: "owned", "cloudoptim.io/replaces": machine.id]
        return state.launch(launch, at: now)
    }

    @Test func tellWhatHappenedToAMachineThatWasRescued() throws {
        var state = ClusterState.test()
        let found = state.interrupt(.init(seconds: 60), at: start + 0.4)
        let record = try #require(found)
        #expect(record.warnedAt == start && record.takenAt == start + 60 && !record.pods.isEmpty)
        let node = record.machine.privateName
        _ = try state.patchNode(node, ["spec": ["unschedulable": true]], at: start + 1)
        let new = try replacement(for: record.machine, &state, at: start + 1)
        var now = start + 1
        while !state.movable(on: node).isEmpty, now < start + 50 {
            for pod in state.movable(on: node) {
                // What a budget holds is tried again.
                try? state.evict(pod.key, uid: pod.uid, graceSeconds: nil, at: now)
            }
            now += 2
            state.advance(to: now)
        }
        state.advance(to: start + 59)
        #expect(state.nodes[new.privateName] != nil && state.machines[new.id]?.state == .running)
        #expect(state.podsOnNode[new.privateName]?.count { state.pods[$0]?.isDaemon == true } == 3)
        #expect(state.nodes[node] != nil)
        state.advance(to: start + 60)
        #expect(state.nodes[node] == nil && state.podsOnNode[node] == nil)
        let end = try #require(state.interruptions.record(record.id))
        #expect(end.isTaken && end.lost.isEmpty && end.moved.count == record.pods.count)
        #expect(
            end.replacement?.id == new.id && end.replacementJoinedAt == start + 1 + state.pace.bootSeconds
        )
        let words = end.entries.map(\.what)
        for word in [
            "warned", "cordoned", "pod_evicted", "pod_terminated", "pod_running", "replacement_requested",
            "replacement_running", "replacement_joined", "machine_taken",
        ] {
            #expect(words.contains(word), "\(word)")
        }
        #expect(end.entries.map(\.time) == end.entries.map(\.time).sorted())
        #expect(state.machines[record.machine.id]?.stateReason?.code == "Server.SpotInstanceTermination")
        state.advance(to: start + 61)
        #expect(state.machines[record.machine.id]?.state == .terminated)
        state.advance(to: start + 61 + state.pace.memorySeconds)
        #expect(state.machines[record.machine.id] == nil)
    }

    @Test func loseThePodsThatNobodyMoved() throws {
        var state = ClusterState.test()
        let found = state.interrupt(.init(seconds: 5), at: start)
        let record = try #require(found)
        state.advance(to: start + 30)
        let end = try #require(state.interruptions.record(record.id))
        #expect(end.lost.count == record.pods.count && end.moved.isEmpty && end.replacement == nil)
        // Their owners make others.
        for workload in state.workloads.values where !workload.isMisfit && workload.owner.kind != "DaemonSet"
        {
            #expect(state.replicas(of: workload).all == workload.replicas)
        }
    }

    @Test func announceAMachineOnce() throws {
        var state = ClusterState.test()
        let found = state.interrupt(.init(), at: start)
        let first = try #require(found)
        #expect(state.interrupt(.init(instance: first.machine.id), at: start) == nil)
        let onDemand = try #require(state.machines.values.first { !$0.isSpot })
        #expect(state.interrupt(.init(instance: onDemand.id), at: start) == nil)
    }

    @Test func areReplacedByWhoeverOwnsTheMachine() throws {
        var state = ClusterState.test(nodes: 12)
        let owned = try #require(
            state.machines.values.sorted { $0.id < $1.id }.first { $0.isSpot && $0.origin != .launchTemplate }
        )
        _ = state.interrupt(.init(instance: owned.id, seconds: 10), at: start)
        state.advance(to: start + 30)
        #expect(state.nodes.count == 12 && state.nodes[owned.privateName] == nil)
    }

    @Test func doNotLetAMachineJoinWithoutItsTag() throws {
        var state = ClusterState.test()
        let subnet = try #require(state.network.subnets.first)
        let type = try #require(InstanceType.named("m5.large"))
        let machine = state.launch(.init(type: type, subnet: subnet, isSpot: false, tags: [:]), at: start)
        state.advance(to: start + 100)
        #expect(state.machines[machine.id]?.state == .running && state.nodes[machine.privateName] == nil)
    }

    @Test func areTheSameForTheSameCalls() throws {
        func life() throws -> [UInt8] {
            var state = ClusterState.test()
            let found = state.interrupt(.init(seconds: 20), at: start)
            let record = try #require(found)
            _ = try replacement(for: record.machine, &state, at: start + 1)
            state.advance(to: start + 40)
            var bytes = state.interruptions.record(record.id)?.json(withEntries: true).bytes ?? []
            for item in state.cache.list(state.pods) + state.cache.list(state.nodes) { bytes += item.bytes }
            return bytes
        }
        #expect(try life() == life())
    }

    @Test func haveAnotherIdInAnotherLife() throws {
        let ids = (UInt64(1)...2).compactMap { life -> String? in
            var state = ClusterState.test(life: life)
            return state.interrupt(.init(), at: start)?.id
        }
        #expect(Set(ids).count == 2)
    }

    @Test(.timeLimit(.minutes(1))) func comeAHundredAtOnce() throws {
        let account = try CustomerAccount.test(clusters: 20, nodes: 24)
        var taken: [(SimulatedCluster, String)] = []
        for cluster in account.fleet.clusters {
            for _ in 0..<5 {
                let found = cluster.at(start) { state in state.interrupt(.init(seconds: 30), at: start) }
                let record = try #require(found)
                taken.append((cluster, record.id))
            }
        }
        #expect(Set(taken.map(\.1)).count == 100)
        for (cluster, id) in taken {
            let isTaken = cluster.at(start + 60) { state in state.interruptions.record(id)?.isTaken }
            #expect(isTaken == true)
        }
        // What is remembered has an end.
        var state = ClusterState.test(nodes: 1)
        for round in 0..<(InterruptionBook.limit + 20) {
            let now = start + Double(round) * 100
            let found = state.interrupt(.init(seconds: 1), at: now)
            let record = try #require(found)
            _ = try replacement(for: record.machine, &state, at: now)
            state.advance(to: now + 99)
        }
        #expect(state.interruptions.all.count == InterruptionBook.limit)
        #expect(state.machines.count < 60 && state.nodes.count == 1)
    }
}
