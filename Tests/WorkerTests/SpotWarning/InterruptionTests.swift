import FoundationEssentials
import Jobs
import Store
import Testing

@testable import Worker

struct InterruptionTests {
    private static func job(_ parameters: String) -> JobRecord {
        JobRecord(
            id: .version7(),
            type: "handle-spot-warning",
            queue: "handle-spot-warning",
            parameters: Array(parameters.utf8),
            priority: 1,
            runAt: Date(timeIntervalSince1970: 1000),
            maxAttempts: 1,
            submittedAt: Date(timeIntervalSince1970: 1000),
            submittedBy: "test"
        )
    }

    @Test(
        arguments: [
            ("terminate", Interruption.Course.drain, 120.0), ("stop", .drain, 120), ("hibernate", .cordon, 0),
            ("rebalance", .replaceFirst, nil), ("scheduled", .replaceFirst, nil),
            ("state-change", .record, nil),
        ] as [(String, Interruption.Course, Double?)]
    )
    func eachActionHasItsCourse(action: String, course: Interruption.Course, seconds: Double?) throws {
        let text = #"{"instance_id":"i-0abc","action":"\#(action)","event_time":"2026-01-31T12:00:00Z"}"#
        let interruption = try Interruption(Self.job(text))
        #expect(interruption.course == course)
        #expect(interruption.lostAt == seconds.map { interruption.eventTime.addingTimeInterval($0) })
    }

    @Test func whatIsNotSaidIsAWarningOfNow() throws {
        let interruption = try Interruption(Self.job(#"{"instance_id":"i-0abc"}"#))
        #expect(interruption.action == .terminate)
        #expect(interruption.eventTime == Date(timeIntervalSince1970: 1000))
        #expect(interruption.region == nil)
    }

    @Test(arguments: [
        #"{}"#, #"{"instance_id":"i-"}"#, #"{"instance_id":"i-xyz"}"#, #"{"instance_id":"vol-0abc"}"#,
        #"{"instance_id":"i-0abc","event_time":"soon"}"#,
    ])
    func refusesWhatIsNoMachineOrTime(parameters: String) {
        #expect { try Interruption(Self.job(parameters)) } throws: { error in
            (error as? JobFailure)?.isRetryable == false
        }
    }

    @Test func knowsWhoReplacesMachinesByThemselves() {
        func owner(_ labels: [String: String]) -> MachineOwner.Kind? { MachineOwner(labels: labels)?.kind }
        func tagged(_ tags: [String: String]) -> MachineOwner.Kind? { MachineOwner(tags: tags)?.kind }
        #expect(owner(["karpenter.sh/nodepool": "web"]) == .karpenter)
        #expect(
            owner(["karpenter.sh/nodepool": "web", "eks.amazonaws.com/compute-type": "auto"]) == .eksAutoMode
        )
        #expect(owner(["eks.amazonaws.com/nodegroup": "web"]) == .managedNodeGroup)
        #expect(owner(["eks.amazonaws.com/nodegroup": ""]) == nil)
        #expect(tagged(["aws:autoscaling:groupName": "web"]) == .autoScalingGroup)
        #expect(tagged(["eks:nodegroup-name": "web", "aws:autoscaling:groupName": "g"]) == .managedNodeGroup)
        #expect(tagged(["team": "web"]) == nil)
    }
}
