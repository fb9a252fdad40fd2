import FoundationEssentials
import Store
import Testing

@testable import Jobs

@Suite("Running jobs", .timeLimit(.minutes(1))) struct RunningJobsTests {
    private func lease(_ fence: Int64) -> Lease {
        Lease(
            job: .sample(),
            fence: fence,
            attemptsUsed: 0,
            mayHaveRun: false,
            isExpired: false,
            isCancelled: false,
            claimedAt: Date()
        )
    }

    /// Each beat says again that a lease is lost, until its handler has returned.
    @Test func aLostLeaseIsNewsOnce() async {
        let running = RunningJobs()
        let lease = lease(1)
        #expect(!running.lost(lease), "it is not held")
        let interrupted = OneTimeSignal()
        running.start(lease, deadline: nil) {
            try? await Task.sleep(for: .seconds(600))
            interrupted.set()
        }
        #expect(running.lost(lease))
        #expect(!running.lost(lease))
        await interrupted.wait()
        guard case .leaseLost? = running.returned(fence: 1) else {
            Issue.record("another reason")
            return
        }
        #expect(!running.lost(lease))
        #expect(running.settled(fence: 1)?.fence == 1)
        #expect(running.settled(fence: 1) == nil)
    }

    /// It counts even if the handler is being interrupted for another reason.
    @Test func aLeaseLostWhileDrainingCounts() {
        let running = RunningJobs()
        let lease = lease(2)
        running.start(lease, deadline: nil) { try? await Task.sleep(for: .seconds(600)) }
        running.interrupt(lease, because: .draining)
        #expect(running.lost(lease))
        guard case .draining? = running.returned(fence: 2) else {
            Issue.record("another reason")
            return
        }
    }

    @Test func aLeaseThatIsBeingSettledIsNotLost() {
        let running = RunningJobs()
        let lease = lease(3)
        running.start(lease, deadline: nil) {}
        _ = running.returned(fence: 3)
        #expect(!running.lost(lease))
    }
}
