import FoundationEssentials
import Store
import Testing

@testable import Jobs

struct JobSubmissionTests {
    private let now = Date(timeIntervalSince1970: 1_760_000_000)

    private func noop(_ adjust: (inout JobSubmission) -> Void = { _ in }) -> JobSubmission {
        var submission = JobSubmission(type: "noop", submittedBy: "test")
        adjust(&submission)
        return submission
    }

    private func field(of submission: JobSubmission) -> String? {
        do {
            _ = try submission.accepted(at: now)
            return nil
        } catch {
            return error.field
        }
    }

    @Test func takesTheTypesDefaults() throws {
        let acceptance = try noop().accepted(at: now)
        #expect(acceptance.record.priority == 9)
        #expect(acceptance.record.maxAttempts == 3)
        #expect(acceptance.record.queue == "noop")
        #expect(acceptance.record.exclusiveKey == nil)
        #expect(acceptance.runsAtOnce)
        #expect(acceptance.deadlineAfter == 3600)
        #expect(acceptance.record.id.version7Milliseconds == now.millisecondsSince1970)
    }

    @Test func overridesTheTypesDefaults() throws {
        let acceptance = try noop {
            $0.priority = 1
            $0.maxAttempts = 7
            $0.deadline = now.addingTimeInterval(60)
            $0.runAt = now.addingTimeInterval(5)
        }.accepted(at: now)
        #expect(acceptance.record.priority == 1)
        #expect(acceptance.record.maxAttempts == 7)
        #expect(acceptance.deadlineAfter == nil)
        #expect(!acceptance.runsAtOnce)
    }

    @Test func anUnknownTypeIsToldTheValidOnes() {
        var submission = noop()
        submission.type = "mine-bitcoin"
        let error = #expect(throws: SubmissionError.self) { try submission.accepted(at: now) }
        #expect(error?.field == "type")
        let served = [
            "collect-metrics", "cordon-node", "drain-node", "handle-spot-warning", "noop", "preflight",
            "scale-deployment", "scan-ghosts", "send-notification", "settle-interruption", "terminate-ghost",
            "uncordon-node",
        ]
        #expect(error?.validValues == served)
    }

    @Test(arguments: JobType.allCases)
    func aTypeWithoutAHandlerIsRefused(type: JobType) {
        var submission = noop()
        submission.type = type.rawValue
        submission.clusterID = UUID()
        let defaults = JobCatalogue.defaults(of: type)
        let missing = defaults.parameters.first(where: \.isRequired).map { "parameters.\($0.name)" }
        #expect(field(of: submission) == (defaults.isServed ? missing : "type"))
    }

    @Test func aClusterIsRequiredWhereTheTypeSaysSo() {
        #expect(field(of: JobSubmission(type: "collect-metrics", submittedBy: "t")) == "cluster_id")
    }

    @Test func namesTheFieldThatIsWrong() {
        let cases: [(String, (inout JobSubmission) -> Void)] = [
            ("priority", { $0.priority = 0 }),
            ("priority", { $0.priority = 11 }),
            ("max_attempts", { $0.maxAttempts = 0 }),
            ("max_attempts", { $0.maxAttempts = 101 }),
            ("deadline", { [now] in $0.deadline = now }),
            ("deadline", { [now] in $0.deadline = now.addingTimeInterval(3 * 366 * 86_400) }),
            ("run_at", { [now] in $0.runAt = now.addingTimeInterval(400 * 86_400) }),
            (
                "run_at",
                { [now] in
                    $0.deadline = now.addingTimeInterval(60)
                    $0.runAt = now.addingTimeInterval(60)
                }
            ),
            ("dedupe_key", { $0.dedupeKey = "" }),
            ("dedupe_key", { $0.dedupeKey = String(repeating: "x", count: 201) }),
            ("dedupe_key", { $0.dedupeKey = "a\u{0}b" }),
            ("Idempotency-Key", { $0.idempotency = .init(key: "", requestHash: []) }),
            ("Idempotency-Key", { $0.idempotency = .init(key: "a\u{0}b", requestHash: []) }),
            ("parameters.sleep", { $0.parameters = ["sleep": .integer(1)] }),
            ("parameters.sleep_ms", { $0.parameters = ["sleep_ms": .integer(-1)] }),
            ("parameters.sleep_ms", { $0.parameters = ["sleep_ms": .integer(3_600_001)] }),
            ("parameters.sleep_ms", { $0.parameters = ["sleep_ms": .string("1")] }),
            ("parameters.sleep_ms", { $0.parameters = ["sleep_ms": .number(1.5)] }),
            ("parameters.fail", { $0.parameters = ["fail": .string("often")] }),
            (
                "parameters.payload",
                { $0.parameters = ["payload": .string(String(repeating: "x", count: 200_001))] }
            ),
        ]
        for (field, adjust) in cases {
            #expect(self.field(of: noop(adjust)) == field)
        }
    }

    @Test func saysWhichWordsAParameterMayBe() {
        let submission = noop { $0.parameters = ["fail": .string("often")] }
        let error = #expect(throws: SubmissionError.self) { try submission.accepted(at: now) }
        #expect(error?.validValues == ["none", "retryable", "permanent"])
    }

    @Test func theLimitsThemselvesAreValid() {
        let cases: [(inout JobSubmission) -> Void] = [
            { $0.priority = 1 }, { $0.priority = 10 }, { $0.maxAttempts = 1 }, { $0.maxAttempts = 100 },
            { $0.parameters = ["sleep_ms": .integer(0), "fail": .string("none")] },
            { $0.parameters = ["sleep_ms": .integer(3_600_000)] },
            { $0.parameters = ["payload": .string(String(repeating: "x", count: 200_000))] },
            { $0.dedupeKey = String(repeating: "x", count: 200) },
        ]
        for adjust in cases { #expect(field(of: noop(adjust)) == nil) }
    }

    @Test(arguments: [
        ("node", true), ("ip-10-0-1-23.ec2.internal", true), ("0", true),
        (String(repeating: "a", count: 253), true), (String(repeating: "a", count: 254), false),
        ("", false), (".", false), ("..", false), ("a..b", false), ("-a", false), ("a-", false),
        ("a.-b", false), ("A", false), ("a/b", false), ("a b", false), ("a_b", false), ("é", false),
        ("a\u{0}", false),
    ])
    func namesOfObjectsFitIntoPaths(name: String, isValid: Bool) {
        var submission = JobSubmission(type: "cordon-node", clusterID: UUID(), submittedBy: "t")
        submission.parameters = ["node_name": .string(name)]
        #expect(field(of: submission) == (isValid ? nil : "parameters.node_name"))
    }

    @Test func checksTextFlagsAndWhatIsRequired() {
        let rules = [
            ParameterRule("name", .text(maximumLength: 3), isRequired: true), ParameterRule("force", .flag),
        ]
        func field(_ parameters: [String: JSONValue]) -> String? {
            do {
                try ParameterRule.check(parameters, against: rules)
                return nil
            } catch {
                return error.field
            }
        }
        #expect(field(["name": .string("abc"), "force": .bool(true)]) == nil)
        #expect(field([:]) == "parameters.name")
        #expect(field(["name": .string("")]) == "parameters.name")
        #expect(field(["name": .string("éé")]) == "parameters.name")
        #expect(field(["name": .string("a"), "force": .string("true")]) == "parameters.force")
        #expect(field(["name": .string("a\u{0}")]) == "parameters.name")
    }

    @Test func oneClusterRunsOneCollection() throws {
        let cluster = UUID()
        let submission = JobSubmission(type: "collect-metrics", clusterID: cluster, submittedBy: "t")
        #expect(try submission.accepted(at: now).record.exclusiveKey == "collect-metrics:\(cluster.text)")
    }
}
