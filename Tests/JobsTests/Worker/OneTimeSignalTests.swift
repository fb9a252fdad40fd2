import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct OneTimeSignalTests {
    @Test func wakesAllWhoWait() async {
        let signal = OneTimeSignal()
        await withDiscardingTaskGroup { group in
            for _ in 0..<10 { group.addTask { await signal.wait() } }
            group.addTask { signal.set() }
        }
        #expect(signal.isSet)
        await signal.wait()
    }

    @Test func aCancelledWaitEndsAloneAndLeavesTheOthersWaiting() async {
        let signal = OneTimeSignal()
        let other = Task { await signal.wait() }
        for _ in 0..<100 {
            let cancelled = Task { await signal.wait() }
            cancelled.cancel()
            await cancelled.value
        }
        #expect(!signal.isSet)
        signal.set()
        await other.value
    }
}
