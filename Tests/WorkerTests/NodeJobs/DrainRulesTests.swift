import Drain
import FoundationEssentials
import Jobs
import Store
import Testing

@testable import Worker

@Suite("Rules of drain jobs") struct DrainRulesTests {
    private func parameters(timeout: Int?) -> DrainParameters {
        DrainParameters(
            nodeName: "n",
            timeoutSeconds: timeout,
            gracePeriodSeconds: nil,
            forceUnreplicated: nil,
            deleteLocalStorage: nil,
            ignoreOptOuts: nil
        )
    }

    /// Time to give the node back is left in any case.
    @Test(
        arguments: [
            (nil, 0, nil, 600), (30, 0, nil, 30), (nil, 0, 600, 585), (3600, 0, 600, 585), (30, 0, 600, 30),
            (nil, 0, 20, 15), (600, 100, 400, 485),
        ] as [(Int?, Int, Int?, Int)]
    )
    func endsBeforeTheDeadline(timeout: Int?, elapsed: Int, remaining: Int?, expected: Int) {
        let policy = parameters(timeout: timeout)
            .policy(elapsed: .seconds(elapsed), remaining: remaining.map { .seconds($0) })
        #expect(policy.timeout == .seconds(expected))
    }

    @Test func refusesByDefaultWhatKubectlRefuses() {
        let policy = parameters(timeout: nil).policy(elapsed: .zero, remaining: nil)
        #expect(!policy.movesUnreplicated && !policy.deletesLocalStorage && !policy.ignoresOptOuts)
        #expect(policy.gracePeriod == nil)
    }

    @Test(
        arguments: [
            (nil, true), (.lost, true), (.released, true), (.failed, false), (.timeout, false),
            (.cancelled, false),
        ] as [(AttemptRecord.Status?, Bool)]
    )
    func goesOnOnlyWithARunThatDidNotEnd(status: AttemptRecord.Status?, goesOn: Bool) {
        let begun = Date(timeIntervalSince1970: 1000)
        let now = Date(timeIntervalSince1970: 9000)
        let step = DrainStep(
            fence: 7,
            progress: DrainProgress(nodeUID: "u", startedAt: begun, heldAt: begun)
        )
        func attempt(_ fence: Int64, _ status: AttemptRecord.Status) -> AttemptRecord {
            AttemptRecord(
                jobID: UUID(),
                fence: fence,
                attempt: 1,
                queue: "drain-node",
                workerID: "w",
                startedAt: begun,
                duration: .zero,
                status: status,
                isTerminal: false
            )
        }
        let attempts = [attempt(3, .failed)] + (status.map { [attempt(7, $0)] } ?? [])
        let progress = step.resumed(after: attempts, at: now)
        #expect(progress.startedAt == (goesOn ? begun : now))
        #expect((progress.heldAt == nil) == !goesOn)
        #expect(progress.nodeUID == "u")
    }

    @Test func rememberOnePaceACluster() {
        let paces = ClusterPaces(limit: 2)
        let (one, two, three) = (UUID(), UUID(), UUID())
        let first = paces.pace(of: one)
        #expect(paces.pace(of: one) === first)
        let second = paces.pace(of: two)
        #expect(paces.pace(of: one) === first)
        _ = paces.pace(of: three)
        // The least recently used one was forgotten.
        #expect(paces.pace(of: one) === first)
        #expect(paces.pace(of: two) !== second)
    }
}
