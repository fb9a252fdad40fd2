import AWS
import FoundationEssentials
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Sandbox

@Suite("Ghosts and zombies", .timeLimit(.minutes(1))) struct GhostTests {
    private let account: CustomerAccount
    private let time = TestTime()

    init() throws {
        account = try .test(clusters: 2)
    }

    private var cluster: SimulatedCluster { account.fleet.clusters[0] }
    private var now: Double { Date().timeIntervalSince1970 }

    private func ghost(inGroup: Bool = false) throws -> String {
        let made = cluster.at(now) { $0.makeGhost(.init(isInGroup: inGroup), at: now) }
        return try #require(made).id
    }

    private func failure(_ body: () async throws -> Void) async -> AWSError? {
        await #expect(throws: AWSError.self) { try await body() }
    }

    // MARK: - Machines

    @Test func aGhostRunsForLongAndNeverJoins() throws {
        let start = time.now
        var state = ClusterState.test()
        let made = state.makeGhost(.init(age: 3600), at: start)
        let ghost = try #require(made)
        let machine = try #require(state.machines[ghost.id])
        #expect(machine.state == .running && machine.tags["kubernetes.io/cluster/sandbox-1"] == "owned")
        #expect(machine.launched == Timestamp.text(Date(timeIntervalSince1970: start - 3600)))
        state.advance(to: start + 86_400)
        #expect(state.nodes[machine.privateName] == nil && state.nodes.count == 6)
        #expect(state.machines[ghost.id]?.state == .running)
        // It is nobody's node, so nothing is interrupted with it.
        #expect(state.interrupt(.init(instance: ghost.id), at: start) == nil)
        let addresses = state.machines.values.map(\.address)
        #expect(Set(addresses).count == addresses.count)
    }

    @Test func itsEndIsToldAsAWSSeesIt() async throws {
        let (cluster, id) = (cluster, try ghost())
        try await TestCloud.with(account, time) { cloud in
            let aws = try await cloud.customer(.ghostTermination)
            let filters: [EC2.Filter] = [
                .init("tag-key", ["kubernetes.io/cluster/sandbox-1"]), .states([.pending, .running]),
            ]
            let machine = try await aws.ec2.instances(filters: filters).collect().first { $0.id == id }
            #expect(machine?.owner == CustomerAccount.id && machine?.volumeIDs.count == 1)
            #expect(try await aws.ec2.isTerminationProtected(id) == false)
            #expect(try await aws.autoScaling.instances([id]).collect().isEmpty)
            try await aws.ec2.createTags([AWSTag("cloudoptim.io/ghost-since", "now")], on: [id])
            try await aws.ec2.deleteTags(["cloudoptim.io/ghost-since"], on: [id])
            try await aws.ec2.dryRun(.terminateInstances([id]))
            _ = try await aws.ec2.terminateInstances([id])
            _ = try await aws.ec2.terminateInstances([id])
        }
        let found = try #require(cluster.at(now + 10) { $0.orphan(id) })
        #expect(found.state == "terminated")
        #expect(found.record.endings == ["TerminateInstances", "TerminateInstances"])
        #expect(
            found.record.entries.map(\.what) == [
                "made", "tagged", "untagged", "tried", "ended", "ended", "gone",
            ]
        )
    }

    @Test func aSessionOfAnotherClusterEndsNothing() async throws {
        let (cluster, id) = (cluster, try ghost(inGroup: true))
        try await TestCloud.with(account, time) { cloud in
            let aws = try await cloud.customer(.ghostTermination, cluster: "sandbox-2")
            for body in [
                { try await aws.ec2.dryRun(.terminateInstances([id])) },
                { _ = try await aws.ec2.terminateInstances([id]) },
                { try await aws.autoScaling.terminate(id, isReplaced: false) },
                { try await aws.ec2.createTags([AWSTag("a", "b")], on: [id]) },
            ] as [@Sendable () async throws -> Void] {
                #expect(await failure(body)?.code == .accessDenied)
            }
        }
        let found = try #require(cluster.at(now) { $0.orphan(id) })
        #expect(found.state == "running" && found.record.endings.isEmpty)
    }

    @Test func aMemberEndsThroughItsGroupWhichShrinks() async throws {
        let (cluster, id) = (cluster, try ghost(inGroup: true))
        let group = ScalingGroup.name(isSpot: false, of: "sandbox-1")
        let before = cluster.at(now) { state in (state.groups[group]?.desired, state.machines.count) }
        try await TestCloud.with(account, time) { cloud in
            let aws = try await cloud.customer(.ghostTermination)
            let member = try await aws.autoScaling.instances([id]).collect().first
            #expect(member?.group == group && member?.lifecycleState == "InService")
            try await aws.autoScaling.terminate(id, isReplaced: false)
            #expect(
                try await aws.autoScaling.instances([id]).collect().first?.lifecycleState == "Terminating"
            )
            #expect(await failure { try await aws.autoScaling.terminate(id, isReplaced: false) } != nil)
        }
        let after = cluster.at(now) { state in (state.groups[group]?.desired, state.machines.count) }
        #expect(after.0 == before.0.map { $0 - 1 } && after.1 == before.1)
        let found = try #require(cluster.at(now + 10) { $0.orphan(id) })
        #expect(
            found.record.endings == ["TerminateInstanceInAutoScalingGroup"] && found.state == "terminated"
        )
    }

    @Test func aGroupReplacesAMemberThatWasTerminatedBesideIt() throws {
        let start = time.now
        var state = ClusterState.test()
        let made = state.makeGhost(.init(isInGroup: true), at: start)
        let ghost = try #require(made)
        let before = state.machines.count
        _ = state.terminate(ghost.id, at: start)
        #expect(state.machines.count == before + 1)
        state.advance(to: start + 60)
        #expect(state.nodes.count == 7, "what comes in its place is a node")
    }

    // MARK: - Disks

    @Test func aZombieIsCopiedAndDeleted() async throws {
        let cluster = cluster
        let made = cluster.at(now) { $0.makeZombie(.init(size: 30), at: now) }
        let id = try #require(made).id
        try await TestCloud.with(account, time) { cloud in
            let aws = try await cloud.customer(.ghostTermination)
            let tag = [EC2.Filter("tag-key", ["kubernetes.io/cluster/sandbox-1"])]
            let volumes = try await aws.ec2.volumes(filters: tag).collect()
            // Two of persistent volumes, and the root of each of six machines.
            #expect(volumes.count == 9 && volumes.count { $0.state == "in-use" } == 6)
            let volume = try #require(volumes.first { $0.id == id })
            #expect(volume.state == "available" && volume.size == 30 && volume.attachedTo.isEmpty)
            try await aws.ec2.dryRun(.deleteVolume(id))
            let tags = [AWSTag("cloudoptim.io/job", "job-1")]
            let copy = try await aws.ec2.createSnapshot(.init(volumeID: id, tags: tags))
            let byTag: [EC2.Filter] = [.init("volume-id", [id]), .tag("cloudoptim.io/job", "job-1")]
            #expect(try await aws.ec2.snapshots(filters: byTag).collect().map(\.id) == [copy.id])
            #expect(copy.state == "pending")
            time.pass(5)
            #expect(try await aws.ec2.snapshots(ids: [copy.id]).collect().first?.state == "completed")
            try await aws.ec2.deleteVolume(id)
            #expect(await failure { _ = try await aws.ec2.volumes(ids: [id]).collect() }?.code == .notFound)
            // A trial says yes of a disk that is in use, as EC2's does; in earnest it stays.
            let root = try #require(volumes.first { $0.state == "in-use" })
            try await aws.ec2.dryRun(.deleteVolume(root.id))
            #expect(await failure { try await aws.ec2.deleteVolume(root.id) }?.rawCode == "VolumeInUse")
            let other = try await cloud.customer(.ghostTermination, cluster: "sandbox-2")
            #expect(
                await failure { try await other.ec2.dryRun(.deleteVolume(root.id)) }?.code == .accessDenied
            )
        }
        let found = try #require(cluster.at(now) { $0.orphan(id) })
        #expect(found.state == "deleted" && found.record.endings == ["DeleteVolume"])
        #expect(found.record.entries.map(\.what) == ["made", "tried", "copied", "ended"])
    }

    // MARK: - Routes

    @Test func areMadeAndToldOverHTTP() async throws {
        let time = time
        let server = SandboxServer(account: account, now: { time.now })
        try await Application(router: server.router).test(.router) { client in
            func json(_ uri: String, _ method: HTTPRequest.Method = .get, _ body: String? = nil) async throws
                -> JSON
            {
                try await client.execute(
                    uri: uri,
                    method: method,
                    body: body.map { ByteBuffer(string: $0) }
                ) { response in
                    #expect(response.status.code < 300)
                    return try JSONDecoder().decode(JSON.self, from: Data(response.body.readableBytesView))
                }
            }
            let body = "{\"cluster\":\"sandbox-2\",\"age_minutes\":45,\"auto_scaling_group\":true}"
            let ghost = try await json("/sandbox/ghosts", .post, body)
            #expect(ghost["state"]?.string == "running" && ghost["cluster"]?.string == "sandbox-2")
            #expect(ghost["auto_scaling_group"]?.string == ScalingGroup.name(isSpot: false, of: "sandbox-2"))
            let id = try #require(ghost["instance_id"]?.string)
            let volume = try await json("/sandbox/volumes", .post, "{\"size_gib\":7}")
            #expect(volume["size_gib"]?.number == 7 && volume["cluster"]?.string == "sandbox-1")
            let ghosts = try await json("/sandbox/ghosts").array
            #expect(ghosts?.map { $0["instance_id"]?.string } == [id])
            #expect(try await json("/sandbox/volumes").array?.count == 1)
            #expect(try await json("/sandbox/ghosts/\(id)")["timeline"]?.array?.count == 1)
            for (uri, body) in [
                ("/sandbox/ghosts", "{\"cluster\":\"none\"}"), ("/sandbox/ghosts", "{\"age_minutes\":-1}"),
                ("/sandbox/volumes", "{\"size_gib\":0}"),
            ] {
                try await client.execute(uri: uri, method: .post, body: ByteBuffer(string: body)) {
                    response in
                    #expect([400, 404].contains(response.status.code))
                }
            }
            try await client.execute(uri: "/sandbox/volumes/\(id)", method: .get) { response in
                #expect(response.status == .notFound, "a machine is no disk")
            }
        }
    }

    @Test func theClusterTellsOfThePersistentVolumesItHas() async throws {
        let (cluster, time) = (cluster, time)
        let server = SandboxServer(account: account, now: { time.now })
        try await Application(router: server.router).test(.router) { client in
            for (path, count) in [
                ("api/v1/persistentvolumes", 2), ("apis/storage.k8s.io/v1/storageclasses", 1),
            ] {
                try await client.execute(
                    uri: "/clusters/1/\(path)",
                    method: .get,
                    headers: [.authorization: "Bearer \(cluster.token)"]
                ) { response in
                    #expect(response.status == .ok)
                    let list = try JSONDecoder().decode(
                        JSON.self,
                        from: Data(response.body.readableBytesView)
                    )
                    #expect(list["items"]?.array?.count == count)
                    for item in list["items"]?.array ?? [] {
                        guard let disk = item["spec"]?["csi"]?["volumeHandle"]?.string else { continue }
                        #expect(cluster.at(time.now) { $0.volumes[disk] } != nil)
                    }
                }
            }
        }
    }
}
