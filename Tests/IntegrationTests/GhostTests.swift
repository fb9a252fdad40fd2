import FoundationEssentials
import Store
import TestKit
import Testing

/// The whole way of a ghost through real processes: scanned, flagged, terminated, and its customer told.
@Suite("Ghosts in the sandbox", .timeLimit(.minutes(3))) struct GhostTests {
    private let fleet: ProcessFleet
    private let sandbox: SandboxServer
    private let cluster: String

    @Test(arguments: [false, true]) static func areFlaggedTerminatedAndToldOf(inGroup: Bool) async throws {
        let sandbox = try await SandboxServer()
        let settings = [
            "GHOST_SCAN_MIN_SPACING_MINUTES": "0", "GHOST_GRACE_HOURS": "0",
            "METRICS_INTERVAL_SECONDS": "3600",
        ].merging(sandbox.account.environment) { $1 }
        try await ProcessFleet.with(settings) { fleet, _ in
            _ = try await fleet.startAPI()
            let ghosts = try await GhostTests(fleet, sandbox)
            _ = try await fleet.startWorker()
            _ = try await fleet.startScheduler()
            try await ghosts.run(inGroup: inGroup)
        }
    }

    private init(_ fleet: ProcessFleet, _ sandbox: SandboxServer) async throws {
        (self.fleet, self.sandbox) = (fleet, sandbox)
        let customer = try await fleet.send(
            "POST",
            "admin/customers",
            #"{"company_name":"Example","email":"a@example.com","aws_role_arn":"\#(sandbox.account.roleArn)"}"#
        )
        let id = try #require(customer.string("customer_id"), "\(customer.text)")
        let external = try #require(customer.string("external_id"))
        _ = try await sandbox.call("PUT", "customer", #"{"external_id":"\#(external)"}"#)
        let url = sandbox.account.endpoint + "/sandbox/webhooks/test"
        let channel = try await fleet.send(
            "POST",
            "admin/notification-channels",
            #"{"customer_id":"\#(id)","name":"test","kind":"webhook","target":"\#(url)"}"#
        )
        let secret = try #require(channel.string("signing_secret"), "\(channel.text)")
        _ = try await sandbox.call("PUT", "webhooks/test", #"{"secret":"\#(secret)"}"#)
        cluster = try await fleet.register(sandbox.clusters[0], of: id, authority: sandbox.authority)
    }

    private func run(inGroup: Bool) async throws {
        let body = #"{"cluster":"sandbox-1","auto_scaling_group":\#(inGroup)}"#
        let made = try JSONValue(parsing: Array(try await sandbox.call("POST", "ghosts", body).utf8))
        guard case .string(let machine)? = made.members?["instance_id"] else {
            Issue.record("the sandbox makes no ghost: \(made)")
            return
        }
        for status in ["detected", "flagged"] {
            try await scan()
            #expect(try await ghost(machine)?["status"] == .string(status))
        }
        try await scan()
        try await eventually(within: .seconds(60), "the end of the ghost") {
            try await ghost(machine)?["status"] == .string("terminated")
        }
        let seen = try await told("ghosts/\(machine)")
        #expect(seen["end_calls"] == .integer(1))
        let call = inGroup ? "TerminateInstanceInAutoScalingGroup" : "TerminateInstances"
        #expect(seen["ended_by"] == .string(call))
        try await eventually(within: .seconds(30), "both notifications") {
            try await notifications(of: machine).count >= 2
        }
        let received = try await notifications(of: machine)
        #expect(received.map(\.kind) == ["ghost_flagged", "ghost_terminated"])
        #expect(received.allSatisfy { $0.isVerified })
    }

    private func scan() async throws {
        let answer = try await fleet.send("POST", "scanner/scan", #"{"cluster_id":"\#(cluster)"}"#)
        let job = try #require(answer.string("scan_id"), "\(answer.text)")
        try await fleet.reached("success", job)
    }

    private func ghost(_ machine: String) async throws -> [String: JSONValue]? {
        let answer = try await fleet.send("GET", "scanner/ghosts?cluster_id=\(cluster)")
        guard case .array(let ghosts)? = answer["ghosts"] else { return nil }
        return ghosts.compactMap(\.members).first { $0["instance_id"] == .string(machine) }
    }

    private func told(_ path: String) async throws -> [String: JSONValue] {
        try JSONValue(parsing: Array(try await sandbox.call("GET", path).utf8)).members ?? [:]
    }

    private func notifications(of machine: String) async throws -> [(kind: String, isVerified: Bool)] {
        guard case .array(let all)? = try await told("webhooks/test")["received"] else { return [] }
        return try all.compactMap { delivery in
            guard case .string(let text)? = delivery.members?["body"],
                let body = try JSONValue(parsing: Array(text.utf8)).members,
                body["facts"]?.members?["resource_id"] == .string(machine),
                case .string(let kind)? = body["kind"]
            else { return nil }
            return (kind, delivery.members?["verified"] == .bool(true))
        }
    }
}
