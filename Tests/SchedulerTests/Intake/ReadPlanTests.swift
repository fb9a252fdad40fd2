import AWS
import Testing

@testable import Scheduler

@Suite("Read plan") struct ReadPlanTests {
    @Test func asksAgainAtOnceWhileTheServiceWaits() {
        var plan = ReadPlan()
        #expect(plan.succeeded(10, took: .zero) == .zero)
        #expect(plan.succeeded(0, took: .seconds(20)) == .zero)
    }

    @Test func doesNotHammerAServiceThatDoesNotWait() {
        var plan = ReadPlan()
        #expect(plan.succeeded(0, took: .milliseconds(10)) == .milliseconds(990))
    }

    @Test(arguments: [0.0, 0.5, 1.0]) func growsTheirPauses(_ random: Double) {
        var plan = ReadPlan()
        var pauses: [Duration] = []
        for _ in 0..<12 { pauses.append(plan.failed(mayPass: true, random: random)) }
        #expect(pauses[0] >= .milliseconds(500) && pauses[0] <= .seconds(1))
        #expect(pauses == pauses.sorted())
        #expect(pauses.allSatisfy { $0 <= ReadPlan.longestPause })
        #expect(pauses[11] >= ReadPlan.longestPause / 2)
        _ = plan.succeeded(1, took: .zero)
        #expect(plan.failed(mayPass: true, random: random) == pauses[0])
    }

    @Test(arguments: [0.0, 1.0]) func asksSeldomWhenItIsNoUse(_ random: Double) {
        var plan = ReadPlan()
        for _ in 0..<20 {
            let pause = plan.failed(mayPass: false, random: random)
            #expect(pause >= .seconds(60) && pause <= .seconds(300))
        }
    }

    @Test func tellsWhatMayPass() {
        let passing: Set<AWSError.Code> = [
            .throttled, .serverError, .unreachable, .timedOut, .clockSkew, .expiredCredentials,
            .invalidResponse,
            .cancelled,
        ]
        for code in AWSError.Code.allCases {
            #expect(ReadPlan.mayPass(AWSError(code, "")) == passing.contains(code), "\(code)")
        }
    }
}
