import Synchronization
import Testing

@testable import Jobs

struct AdmissionGateTests {
    private final class Count: Sendable {
        let asked = Mutex(0)
        let live = Mutex(0)
    }

    private let count = Count()

    private func gate(limit: Int) -> AdmissionGate {
        AdmissionGate(limit: limit) { [count] _ in
            count.asked.withLock { $0 += 1 }
            return count.live.withLock(\.self)
        }
    }

    @Test func refusesOnceFull() async throws {
        let gate = gate(limit: 2)
        let now = ContinuousClock.now
        try await gate.admit(1, to: "q", now: now)
        try await gate.admit(1, to: "q", now: now)
        await #expect(throws: QueueFull(queue: "q", limit: 2)) { try await gate.admit(1, to: "q", now: now) }
        try await gate.admit(1, to: "other", now: now)
        let asked = count.asked.withLock(\.self)
        #expect(asked == 2, "once a queue")
        // Workers made room meanwhile.
        try await gate.admit(1, to: "q", now: now + .milliseconds(300))
    }

    @Test func letsJobsPassWhileRedisIsAway() async throws {
        struct Away: Error {}
        let gate = AdmissionGate(limit: 1) { _ in throw Away() }
        for _ in 1...3 { try await gate.admit(1, to: "q") }
    }
}
