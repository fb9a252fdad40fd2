import Foundation
import Ghosts
import Testing

/// Each thing that looks like a ghost and is none; `docs/ghosts.md` names these tests.
struct FalsePositiveTests {
    /// A machine of this kind is not even detected; one that was flagged before is cleared for the reason.
    private func expect(
        _ doubt: Doubt,
        _ prepare: (inout Fixture) -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var fixture = Fixture()
        prepare(&fixture)
        let fresh = try await fixture.decide()
        #expect(fresh.filter(\.isAgainst) == [], sourceLocation: sourceLocation)
        fixture.addSighting(grace: 48 * 3600)
        let actions = try await fixture.decide()
        #expect(actions == [.clear(fixture.known[0], doubt)], sourceLocation: sourceLocation)
        let verdict = try await fixture.verdict()
        #expect(verdict == .spare(doubt), sourceLocation: sourceLocation)
    }

    // MARK: - Booting

    @Test func booting() async throws {
        try await expect(.starting) { $0.addOrphan { $0.state = "pending" } }
    }

    @Test func launchedAMomentAgo() async throws {
        try await expect(.young) { fixture in
            let launchedAt = fixture.now.addingTimeInterval(-29 * 60)
            fixture.addOrphan { $0.launchedAt = launchedAt }
        }
    }

    @Test func launchTimeUnknown() async throws {
        try await expect(.ageUnknown) { $0.addOrphan { $0.launchedAt = nil } }
    }

    // MARK: - Nodes

    /// A node whose kubelet is silent is a node: its readiness is not even looked at.
    @Test func kubeletNotReady() async throws {
        try await expect(.isNode) { fixture in
            fixture.addOrphan()
            fixture.nodes.append(ListedNode(name: "silent", place: .instance("i-0ff")))
        }
    }

    @Test func namesAndAddressesAreReused() async throws {
        // A node of the same name on another machine proves nothing, and one of another name does.
        var fixture = Fixture()
        fixture.addOrphan { $0.tags["Name"] = "node-1" }
        #expect(try await fixture.decide().count == 1)
        fixture.nodes.append(ListedNode(name: "of any name", place: .instance("i-0ff")))
        #expect(try await fixture.decide().isEmpty)
    }

    @Test func aNodeThatDoesNotSayWhereItIs() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        for id in [nil, "", "aws:///us-east-1a/", "aws:///us-east-1a/i-0FF", "i-0ff"] {
            fixture.nodes[0] = ListedNode(name: "n", providerID: id, instanceID: nil)
            #expect(try await fixture.abort() == .nodeWithoutIdentity, "\(id ?? "nil")")
        }
    }

    @Test func fargateAndHybridNodesAreNoMachines() async throws {
        var fixture = Fixture()
        fixture.nodes.append(
            ListedNode(name: "f", providerID: "aws:///us-east-1a/x/fargate-ip-10-0-0-1", instanceID: nil)
        )
        fixture.nodes.append(ListedNode(name: "h", providerID: "eks-hybrid:///r/c/mi-0ff", instanceID: nil))
        fixture.addOrphan()
        #expect(try await fixture.decide().count == 1)
    }

    @Test func nodeDeletedOnPurposeWhileDebugging() async throws {
        try await expect(.nodeLeftRecently) { fixture in
            fixture.addOrphan()
            let seen = fixture.now.addingTimeInterval(-50 * 60)
            fixture.knownNodes["i-0ff"] = [.init(cluster: Fixture.own, lastSeenAt: seen, isGone: true)]
        }
    }

    // MARK: - The list of nodes

    @Test func listEmpty() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.nodes = []
        #expect(try await fixture.abort() == .nodesEmpty)
    }

    @Test func listPartialOrFailed() async throws {
        struct Refused: Error {}
        var pages = 0
        await #expect(throws: Refused.self) {
            _ = try await CompleteList<ListedNode>.read {
                pages += 1
                guard pages < 3 else { throw Refused() }
                return [ListedNode(name: "n", place: .instance("i-0a\(pages)"))]
            }
        }
        #expect(pages == 3)
    }

    @Test func nodesListedBeforeMachines() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        let nodes = try await fixture.census(Fixture.own, fixture.nodes, ago: 30)
        let machines = try await fixture.list(fixture.machines, ago: 20)
        let abort = #expect(throws: ScanAbort.self) {
            _ = try fixture.scan.orphans(among: machines, notOn: nodes)
        }
        #expect(abort?.reason == .wrongOrder)
    }

    @Test func nodesOfAnotherCluster() async throws {
        let fixture = Fixture()
        let nodes = try await fixture.census(Fixture.other, fixture.nodes)
        let machines = try await fixture.list(fixture.machines, ago: 20)
        #expect(throws: ScanAbort.self) { _ = try fixture.scan.orphans(among: machines, notOn: nodes) }
    }

    @Test func listsTooOld() async throws {
        let fixture = Fixture()
        let machines = try await fixture.list(fixture.machines, ago: 700)
        let nodes = try await fixture.census(Fixture.own, fixture.nodes, ago: 690)
        let abort = #expect(throws: ScanAbort.self) {
            _ = try fixture.scan.orphans(among: machines, notOn: nodes)
        }
        #expect(abort?.reason == .stale)
    }

    // MARK: - Whose it is

    @Test func wrongAccount() async throws {
        var fixture = Fixture()
        fixture.addOrphan { $0.account = "210987654321" }
        #expect(try await fixture.abort() == .wrongAccount)
    }

    @Test func accountUnknown() async throws {
        try await expect(.otherAccount) { $0.addOrphan { $0.account = nil } }
    }

    @Test func wrongRegion() async throws {
        try await expect(.otherAccount) { $0.addOrphan { $0.zone = "eu-central-1a" } }
        try await expect(.otherAccount) { $0.addOrphan { $0.zone = nil } }
    }

    @Test(arguments: [
        ["kubernetes.io/cluster/shop": "shared"], ["kubernetes.io/cluster/shop": ""], [:],
        ["eks:cluster-name": "shop2"], ["Name": "shop"],
    ])
    func notProvenOwned(tags: [String: String]) async throws {
        var fixture = Fixture()
        fixture.addOrphan { $0.tags = tags }
        #expect(try await fixture.decide().isEmpty)
    }

    @Test(arguments: [
        ["kubernetes.io/cluster/shop": "owned"], ["eks:cluster-name": "shop"],
        ["aws:eks:cluster-name": "shop"], ["eks:eks-cluster-name": "shop"],
        ["cloudoptim.io/cluster-id": Fixture.own.uuidString],
    ])
    func provenOwned(tags: [String: String]) async throws {
        var fixture = Fixture()
        fixture.addOrphan { $0.tags = tags }
        #expect(try await fixture.decide().count == 1)
    }

    @Test(arguments: [
        ("kubernetes.io/cluster/till", "owned"), ("kubernetes.io/cluster/till", "shared"),
        ("eks:cluster-name", "till"), ("cloudoptim.io/cluster-id", UUID().uuidString),
        ("KubernetesCluster", "till"),
    ])
    func otherClustersNotRegistered(key: String, value: String) async throws {
        try await expect(.otherClustersTag) { $0.addOrphan { $0.tags[key] = value } }
    }

    @Test func otherClustersNode() async throws {
        try await expect(.otherClustersNode) { fixture in
            fixture.addOrphan()
            fixture.otherNodes.append(ListedNode(name: "b2", place: .instance("i-0ff")))
        }
    }

    @Test func otherClustersNodeByOurRecords() async throws {
        try await expect(.otherClustersNode) { fixture in
            fixture.addOrphan()
            let seen = fixture.now.addingTimeInterval(-9 * 86_400)
            fixture.knownNodes["i-0ff"] = [.init(cluster: UUID(), lastSeenAt: seen, isGone: false)]
        }
    }

    @Test func otherClusterDown() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.addSighting(grace: 48 * 3600)
        fixture.otherIsDown = true
        #expect(try await fixture.abort() == .otherClusterUnreadable)
        await #expect(throws: ScanAbort.self) { _ = try await fixture.verdict() }
        // Where there is no candidate, nobody needs to be asked.
        fixture.machines.removeLast()
        #expect(try await fixture.abort() == nil)
    }

    // MARK: - What it is

    @Test(arguments: [
        ("k8s.io/role/master", "1"), ("k8s.io/role/control-plane", "1"), ("k8s.io/etcd/main", "a/a,b,c"),
        ("kops.k8s.io/instancegroup", "control-plane-us-east-1a"),
        ("kops.k8s.io/instancegroup", "master-us-east-1a"),
        ("sigs.k8s.io/cluster-api-provider-aws/role", "control-plane"),
        ("k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane", ""),
        ("Name", "shop-etcd-1"), ("role", "master"),
    ])
    func controlPlaneAndEtcd(key: String, value: String) async throws {
        try await expect(.controlPlane) { $0.addOrphan { $0.tags[key] = value } }
    }

    @Test(arguments: [
        ("k8s.io/role/bastion", "1"), ("Name", "shop-bastion"), ("Name", "nat-us-east-1a"),
        ("Role", "ci-runner"), ("sigs.k8s.io/cluster-api-provider-aws/role", "bastion"),
    ])
    func bastionNATAndCI(key: String, value: String) async throws {
        try await expect(.otherPurpose) { $0.addOrphan { $0.tags[key] = value } }
    }

    /// What kOps puts on its ordinary nodes speaks against nothing.
    @Test func ordinaryTagsOfKopsNodes() async throws {
        var fixture = Fixture()
        fixture.addOrphan {
            $0.tags["k8s.io/role/node"] = "1"
            $0.tags["kops.k8s.io/instancegroup"] = "nodes-us-east-1a"
            $0.tags["k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node"] = ""
        }
        #expect(try await fixture.decide().count == 1)
    }

    @Test func runsWindows() async throws {
        try await expect(.windows) { $0.addOrphan { $0.platform = "windows" } }
    }

    @Test func eksAutoModeAndManaged() async throws {
        try await expect(.managedByService) { $0.addOrphan { $0.managedBy = "eks.amazonaws.com" } }
    }

    @Test(arguments: [
        "karpenter.sh/nodepool", "karpenter.sh/provisioner-name", "karpenter.k8s.aws/ec2nodeclass",
    ])
    func karpenterNodeClaimsInLaunch(key: String) async throws {
        try await expect(.karpenter) { $0.addOrphan { $0.tags[key] = "default" } }
    }

    @Test func launchedByOurOwnJob() async throws {
        try await expect(.activeJob) { fixture in
            fixture.addOrphan()
            fixture.busy = ["i-0ff"]
        }
    }

    @Test func terminationProtection() async throws {
        try await expect(.protected) { fixture in
            fixture.addOrphan()
            fixture.protection["i-0ff"] = true
        }
    }

    @Test func terminationProtectionUnknown() async throws {
        try await expect(.protectionUnknown) { fixture in
            fixture.addOrphan()
            fixture.protection = [:]
        }
    }

    // MARK: - Groups

    private func member(_ state: String, isProtected: Bool = false) -> (inout Fixture) -> Void {
        { fixture in
            fixture.addOrphan { $0.tags["aws:autoscaling:groupName"] = "g" }
            fixture.groups = [GroupMember(id: "i-0ff", group: "g", state: state, isProtected: isProtected)]
        }
    }

    @Test(arguments: ["Warmed:Running", "Warmed:Pending", "Warmed:Hibernated", "Warmed:Pending:Wait"])
    func warmPool(state: String) async throws { try await expect(.warmPool, member(state)) }

    @Test(arguments: ["Standby", "EnteringStandby"])
    func standby(state: String) async throws { try await expect(.standby, member(state)) }

    @Test(arguments: [
        "Pending", "Pending:Wait", "Pending:Proceed", "Terminating", "Terminating:Wait",
        "Terminating:Proceed",
        "Detaching", "Quarantined", "something new",
    ])
    func lifecycleHook(state: String) async throws { try await expect(.lifecycleHook, member(state)) }

    @Test func scaleInProtection() async throws {
        try await expect(.protected, member("InService", isProtected: true))
    }

    @Test func groupDoesNotKnowIt() async throws {
        try await expect(.groupUnknown) { $0.addOrphan { $0.tags["aws:autoscaling:groupName"] = "g" } }
        try await expect(.groupUnknown) { fixture in
            fixture.addOrphan()
            fixture.groups = [GroupMember(id: "i-0ff", group: "g", state: "InService", isProtected: false)]
        }
    }

    /// An ordinary member is a ghost like any other; the group is in the evidence, and terminates it.
    @Test func groupMemberInService() async throws {
        var fixture = Fixture()
        member("InService")(&fixture)
        guard case .detect(let evidence, _)? = try await fixture.decide().first else {
            Issue.record("not detected")
            return
        }
        #expect(evidence.group?.group == "g")
    }

    @Test(arguments: ["stopped", "stopping", "unknown"])
    func stopped(state: String) async throws {
        try await expect(.notRunning) { $0.addOrphan { $0.state = state } }
    }

    @Test(arguments: ["shutting-down", "terminated"])
    func alreadyGoing(state: String) async throws {
        try await expect(.gone) { $0.addOrphan { $0.state = state } }
    }

    @Test func listedNoMore() async throws {
        var fixture = Fixture()
        fixture.addSighting(of: "i-0ff", grace: 48 * 3600)
        #expect(try await fixture.decide() == [.clear(fixture.known[0], .gone)])
        #expect(try await fixture.verdict() == .spare(.gone))
    }

    // MARK: - The cluster is gone

    @Test func clusterDeleted() async throws {
        // Its API server answers, and knows none of the machines.
        var fixture = Fixture()
        fixture.nodes = [ListedNode(name: "new", place: .instance("i-0c"))]
        #expect(try await fixture.abort() == .nothingInCommon)
    }

    @Test(arguments: [
        (9, 2, false), (9, 3, true), (20, 5, false), (20, 6, true), (1, 2, false), (1, 3, true),
    ])
    func tooManyAtOnce(healthy: Int, ghosts: Int, aborts: Bool) async throws {
        var fixture = Fixture(healthy: healthy)
        for number in 0..<ghosts { fixture.addOrphan("i-0f\(number)") }
        #expect(try await fixture.abort() == (aborts ? .tooMany : nil))
        fixture.addSighting(of: "i-0f0", grace: 48 * 3600)
        if aborts { await #expect(throws: ScanAbort.self) { _ = try await fixture.verdict() } }
    }

    // MARK: - Clocks

    @Test func clocksDiffer() async throws {
        var fixture = Fixture()
        let future = fixture.now.addingTimeInterval(120)
        fixture.addOrphan { $0.launchedAt = future }
        #expect(try await fixture.abort() == .clockSkew)
        var other = Fixture()
        other.addOrphan()
        other.addSighting(lastSeen: -120)
        #expect(try await other.abort() == .clockSkew)
        let ahead = try await other.census(Fixture.own, other.nodes, ago: -120)
        let machines = try await other.list(other.machines, ago: -110)
        let abort = #expect(throws: ScanAbort.self) {
            _ = try other.scan.orphans(among: machines, notOn: ahead)
        }
        #expect(abort?.reason == .wrongOrder || abort?.reason == .clockSkew)
    }

    // MARK: - Somebody's word

    @Test func keptByTag() async throws {
        for value in ["", "true", "false"] {
            var fixture = Fixture()
            fixture.addOrphan { $0.tags["cloudoptim.io/keep"] = value }
            fixture.addSighting(grace: 48 * 3600)
            let actions = try await fixture.decide()
            guard case .keep(let sighting?, _, _)? = actions.first, actions.count == 1 else {
                Issue.record("not kept: \(actions)")
                return
            }
            #expect(sighting == fixture.known[0])
            #expect(try await fixture.verdict() == .spare(.keepTag))
        }
    }

    @Test func keptByCall() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.addSighting(.kept, grace: 48 * 3600, isKeptByCall: true)
        #expect(try await fixture.decide().isEmpty)
        #expect(try await fixture.verdict() == .spare(.keepCall))
    }

    @Test func relaunchedOrTagged() async throws {
        for doubt in [Doubt.relaunched, .tagsChanged] {
            var fixture = Fixture()
            fixture.addOrphan()
            fixture.addSighting(grace: 48 * 3600)
            let last = fixture.machines.count - 1
            if doubt == .relaunched {
                fixture.machines[last].launchedAt = fixture.now.addingTimeInterval(-86_400)
            } else {
                fixture.machines[last].tags["team"] = "till"
            }
            #expect(try await fixture.decide() == [.clear(fixture.known[0], doubt)])
            #expect(try await fixture.verdict() == .spare(doubt))
        }
    }
}
