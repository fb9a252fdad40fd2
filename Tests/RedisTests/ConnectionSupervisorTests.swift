import Redis
import Testing

@Suite("Connection supervisor") struct ConnectionSupervisorTests {
    private let start = ContinuousClock.now
    private let refused = RedisError(.connectionFailed, "refused")

    private func text(_ demand: ConnectionSupervisor<Int>.Demand) -> String {
        switch demand {
        case .use(let connection): "use \(connection)"
        case .open(let connection): "open \(connection)"
        case .fail(let error): "fail \(error.code.rawValue)"
        }
    }

    private func text(_ action: ConnectionSupervisor<Int>.Action) -> String {
        switch action {
        case .none: "none"
        case .open(let connection): "open \(connection)"
        case .pause(let failures, let attempt): "pause \(failures) after \(attempt)"
        }
    }

    @Test func opensOnceAndLetsOthersWait() {
        var supervisor = ConnectionSupervisor<Int>()
        #expect(text(supervisor.connectionWanted { $0 }) == "open 1")
        #expect(text(supervisor.connectionWanted { $0 }) == "use 1")
        #expect(!supervisor.isOpen)
        supervisor.opened(attempt: 1, now: start)
        #expect(supervisor.isOpen)
        #expect(text(supervisor.connectionWanted { $0 }) == "use 1")
    }

    @Test func failsFastWhileDown() {
        var supervisor = ConnectionSupervisor<Int>()
        _ = supervisor.connectionWanted { $0 }
        #expect(text(supervisor.ended(attempt: 1, by: refused, now: start) { $0 }) == "pause 1 after 1")
        #expect(text(supervisor.connectionWanted { $0 }) == "fail connectionFailed")
        #expect(text(supervisor.pauseEnded(attempt: 1) { $0 }) == "open 2")
        #expect(text(supervisor.connectionWanted { $0 }) == "fail connectionFailed")
        let wrong = RedisError(.authenticationFailed, "wrong")
        #expect(text(supervisor.ended(attempt: 2, by: wrong, now: start) { $0 }) == "pause 2 after 2")
        #expect(text(supervisor.connectionWanted { $0 }) == "fail authenticationFailed")
    }

    @Test func opensAgainAtOnceAfterALoss() {
        var supervisor = ConnectionSupervisor<Int>()
        _ = supervisor.connectionWanted { $0 }
        supervisor.opened(attempt: 1, now: start)
        let lost = RedisError(.connectionLost, "lost")
        #expect(text(supervisor.ended(attempt: 1, by: lost, now: start + .seconds(5)) { $0 }) == "open 2")
        #expect(text(supervisor.connectionWanted { $0 }) == "use 2")
    }

    @Test func pausesAfterAConnectionThatDidNotLast() {
        var supervisor = ConnectionSupervisor<Int>()
        _ = supervisor.connectionWanted { $0 }
        supervisor.opened(attempt: 1, now: start)
        let lost = RedisError(.connectionLost, "lost", mayHaveBeenApplied: true)
        let action = supervisor.ended(attempt: 1, by: lost, now: start + .milliseconds(10)) { $0 }
        #expect(text(action) == "pause 1 after 1")
        guard case .fail(let error) = supervisor.connectionWanted(make: { $0 }) else {
            Issue.record("expected a failure")
            return
        }
        #expect(error.code == .connectionFailed && !error.mayHaveBeenApplied)
    }

    @Test func ignoresNewsOfAnOldConnection() {
        var supervisor = ConnectionSupervisor<Int>()
        _ = supervisor.connectionWanted { $0 }
        _ = supervisor.ended(attempt: 1, by: refused, now: start) { $0 }
        _ = supervisor.pauseEnded(attempt: 1) { $0 }
        supervisor.opened(attempt: 1, now: start)
        #expect(!supervisor.isOpen)
        #expect(text(supervisor.ended(attempt: 1, by: refused, now: start) { $0 }) == "none")
        #expect(text(supervisor.pauseEnded(attempt: 1) { $0 }) == "none")
    }

    @Test func staysClosed() {
        var supervisor = ConnectionSupervisor<Int>()
        _ = supervisor.connectionWanted { $0 }
        #expect(supervisor.closed() == 1)
        #expect(supervisor.closed() == nil)
        #expect(text(supervisor.ended(attempt: 1, by: refused, now: start) { $0 }) == "none")
        #expect(text(supervisor.connectionWanted { $0 }) == "fail closed")
    }

    @Test(arguments: [
        (1, 0.0, 25), (1, 1.0, 50), (2, 1.0, 100), (5, 1.0, 800), (9, 1.0, 2000), (500, 0.0, 1000),
    ])
    func pausesLongerUpToTheCap(failures: Int, jitter: Double, milliseconds: Int) {
        let backoff = ReconnectBackoff(base: .milliseconds(50), cap: .seconds(2))
        #expect(backoff.pause(failures: failures, jitter: jitter) == .milliseconds(milliseconds))
    }
}
