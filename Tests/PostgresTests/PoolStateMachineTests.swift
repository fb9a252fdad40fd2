import Testing

@testable import Postgres

@Suite("Pool state machine") struct PoolStateMachineTests {
    private let start = ContinuousClock.now

    private func machine(size: Int = 2) -> PoolStateMachine {
        PoolStateMachine(limits: .init(size: size, waitLimit: .seconds(5)))
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// A machine with one idle connection, number 1.
    private func warm(size: Int = 2) -> PoolStateMachine {
        var pool = machine(size: size)
        _ = pool.waiterArrived(100, deadline: at(5), now: start)
        _ = pool.connectionOpened(1, jitter: 0.5, now: start)
        _ = pool.connectionReturned(1, isReusable: true, now: start)
        return pool
    }

    @Test func connectsForTheFirstAndLendsWhenOpen() {
        var pool = machine()
        #expect(pool.nextEvent == nil)
        #expect(pool.waiterArrived(1, deadline: at(5), now: start) == [.connect(1)])
        #expect(pool.nextEvent == at(5))
        #expect(pool.connectionOpened(1, jitter: 0.5, now: start) == [.lend(1, to: 1, check: .none)])
        #expect(pool.nextEvent == nil)
        #expect(pool.connectionReturned(1, isReusable: true, now: start).isEmpty)
        #expect(pool.idleCount == 1)
        #expect(pool.waiterArrived(2, deadline: at(5), now: start) == [.lend(1, to: 2, check: .none)])
    }

    @Test func servesInOrder() {
        var pool = warm(size: 1)
        #expect(pool.waiterArrived(1, deadline: at(5), now: start) == [.lend(1, to: 1, check: .none)])
        for waiter in 2...4 {
            #expect(pool.waiterArrived(UInt64(waiter), deadline: at(5), now: start).isEmpty)
        }
        #expect(pool.waiterCancelled(3) == [.fail(3, .cancelled)])
        #expect(pool.waiterCancelled(3).isEmpty)
        #expect(pool.connectionReturned(1, isReusable: true, now: start) == [.lend(1, to: 2, check: .none)])
        #expect(pool.connectionReturned(1, isReusable: true, now: start) == [.lend(1, to: 4, check: .none)])
        #expect(pool.waiterCancelled(4).isEmpty)
    }

    @Test func whoComesAgainKeepsHisPlace() {
        var pool = warm(size: 1)
        _ = pool.waiterArrived(1, deadline: at(5), now: start)
        _ = pool.waiterArrived(2, deadline: at(7), now: at(2))
        #expect(pool.waiterArrived(3, deadline: at(5), now: at(2)).isEmpty)
        #expect(pool.nextEvent == at(5))
        #expect(pool.connectionReturned(1, isReusable: true, now: at(2)) == [.lend(1, to: 3, check: .none)])
    }

    @Test func patienceEnds() {
        var pool = warm(size: 1)
        _ = pool.waiterArrived(1, deadline: at(5), now: start)
        _ = pool.waiterArrived(2, deadline: at(5), now: start)
        _ = pool.waiterArrived(3, deadline: at(6), now: at(1))
        #expect(pool.timePassed(now: at(4.9)).isEmpty)
        #expect(pool.timePassed(now: at(5)) == [.fail(2, .exhausted)])
        #expect(pool.nextEvent == at(6))
    }

    @Test func idleConnectionsAreCheckedByAge() {
        var pool = warm()
        #expect(pool.waiterArrived(1, deadline: at(99), now: at(0.9)) == [.lend(1, to: 1, check: .none)])
        _ = pool.connectionReturned(1, isReusable: true, now: at(1))
        #expect(pool.waiterArrived(2, deadline: at(99), now: at(3)) == [.lend(1, to: 2, check: .socket)])
        _ = pool.connectionReturned(1, isReusable: true, now: at(4))
        #expect(pool.waiterArrived(3, deadline: at(99), now: at(40)) == [.lend(1, to: 3, check: .server)])
    }

    @Test func brokenConnectionsMakeRoomForWaiters() {
        var pool = warm(size: 1)
        _ = pool.waiterArrived(1, deadline: at(5), now: start)
        _ = pool.waiterArrived(2, deadline: at(5), now: start)
        #expect(pool.connectionReturned(1, isReusable: false, now: start) == [.close(1), .connect(2)])
        #expect(pool.connectionReturned(1, isReusable: true, now: start).isEmpty)
        #expect(pool.connectionOpened(2, jitter: 0, now: start) == [.lend(2, to: 2, check: .none)])
    }

    @Test func oldConnectionsAreRetired() {
        var pool = warm()
        let lifetime = 30.0 * 60
        #expect(pool.timePassed(now: at(lifetime - 1)).isEmpty)
        #expect(pool.timePassed(now: at(lifetime)) == [.close(1)])
        var lent = warm()
        _ = lent.waiterArrived(1, deadline: at(5), now: start)
        #expect(lent.connectionReturned(1, isReusable: true, now: at(lifetime)) == [.close(1)])
        var asked = warm()
        let actions = asked.waiterArrived(1, deadline: at(lifetime + 5), now: at(lifetime))
        #expect(actions == [.close(1), .connect(2)])
    }

    @Test func triesAgainWithGrowingPausesThenFailsFast() {
        var pool = machine(size: 4)
        var now = start
        #expect(pool.waiterArrived(1, deadline: at(5), now: now) == [.connect(1)])
        #expect(pool.waiterArrived(2, deadline: at(5), now: now) == [.connect(2)])
        #expect(pool.connectionFailed(1, jitter: 1, now: now).isEmpty)
        #expect(pool.connectionFailed(2, jitter: 1, now: now).isEmpty)
        // Two failures: the pause is twice the first, and a single attempt probes for all.
        #expect(pool.nextEvent == now + .milliseconds(100))
        #expect(pool.timePassed(now: now + .milliseconds(99)).isEmpty)
        now += .milliseconds(100)
        #expect(pool.timePassed(now: now) == [.connect(3)])
        #expect(pool.waiterArrived(3, deadline: at(5), now: now).isEmpty)
        #expect(pool.connectionFailed(3, jitter: 0, now: now).isEmpty)
        #expect(pool.nextEvent == now + .milliseconds(100))
        now += .milliseconds(100)
        #expect(pool.timePassed(now: now) == [.connect(4)])
        let failures: [PoolStateMachine.Action] = [
            .fail(1, .unreachable), .fail(2, .unreachable), .fail(3, .unreachable),
        ]
        #expect(pool.connectionFailed(4, jitter: 1, now: now) == failures)
        #expect(pool.nextEvent == nil)
        // Nobody waits while it is down; the next attempt is made for who comes when it is due.
        #expect(pool.waiterArrived(4, deadline: at(9), now: now) == [.fail(4, .unreachable)])
        now += .milliseconds(400)
        #expect(pool.waiterArrived(5, deadline: at(9), now: now) == [.connect(5)])
        #expect(pool.waiterArrived(6, deadline: at(9), now: now).isEmpty)
        #expect(
            pool.connectionOpened(5, jitter: 0, now: now) == [.lend(5, to: 5, check: .none), .connect(6)]
        )
    }

    @Test func aFullPoolDoesNotTryAndDoesNotSpin() {
        var pool = warm(size: 2)
        _ = pool.waiterArrived(1, deadline: at(5), now: start)
        #expect(pool.waiterArrived(2, deadline: at(5), now: start) == [.connect(2)])
        #expect(pool.connectionFailed(2, jitter: 1, now: start).isEmpty)
        #expect(pool.nextEvent == at(0.05))
        #expect(pool.timePassed(now: at(0.05)) == [.connect(3)])
        #expect(pool.nextEvent == at(5))
        #expect(pool.timePassed(now: at(5)) == [.fail(2, .unreachable)])
    }

    @Test func closing() {
        var pool = warm()
        _ = pool.waiterArrived(1, deadline: at(5), now: start)
        #expect(pool.waiterArrived(2, deadline: at(5), now: start) == [.connect(2)])
        #expect(pool.poolClosed() == [.fail(2, .closed)])
        #expect(pool.connectionOpened(2, jitter: 0, now: start) == [.close(2)])
        #expect(pool.connectionReturned(1, isReusable: true, now: start) == [.close(1)])
        #expect(pool.waiterArrived(3, deadline: at(5), now: start) == [.fail(3, .closed)])
        #expect(pool.nextEvent == nil)
    }
}
