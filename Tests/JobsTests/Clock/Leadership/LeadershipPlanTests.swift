import TestKit
import Testing

@testable import Jobs

struct LeadershipPlanTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    private func leader(since milliseconds: Int = 0) -> LeadershipPlan {
        var plan = LeadershipPlan(at: start)
        plan.acquired(1, begunAt: at(milliseconds), at: at(milliseconds + 5))
        return plan
    }

    @Test func triesAtOnceAndThenAgainSoon() {
        var plan = LeadershipPlan(at: start)
        #expect(plan.next(at: start) == .acquire)
        plan.acquired(nil, begunAt: start, at: at(10))
        #expect(plan.next(at: at(10)) == .wait(until: at(310)))
        #expect(plan.next(at: at(310)) == .acquire)
        plan.failed(at: at(400))
        #expect(plan.next(at: at(400)) == .wait(until: at(700)))
    }

    @Test func renewsEverySecond() {
        var plan = leader()
        #expect(plan.term == 1)
        #expect(plan.next(at: at(5)) == .wait(until: at(1000)))
        #expect(plan.next(at: at(1000)) == .renew(term: 1))
        plan.renewed(true, begunAt: at(1000), at: at(1010))
        #expect(plan.next(at: at(1010)) == .wait(until: at(2000)))
        #expect(plan.trustedUntil == at(3500))
    }

    /// PostgreSQL's term begins after the attempt does, so trust ends before the term.
    @Test func trustsFromTheBeginOfTheAttempt() {
        var plan = LeadershipPlan(at: start)
        plan.acquired(7, begunAt: at(0), at: at(2400))
        #expect(plan.trustedUntil == at(2500))
        var late = LeadershipPlan(at: start)
        late.acquired(7, begunAt: at(0), at: at(2600))
        #expect(late.next(at: at(2600)) == .stepDown(term: 7))
    }

    @Test func aSlowRenewalDoesNotStretchTheTerm() {
        var plan = leader()
        plan.renewed(true, begunAt: at(1000), at: at(3400))
        #expect(plan.trustedUntil == at(3500))
        #expect(plan.next(at: at(3400)) == .renew(term: 1))
        #expect(plan.next(at: at(3500)) == .stepDown(term: 1))
    }

    @Test func triesToRenewUntilTrustEnds() {
        var plan = leader()
        var attempts = 0
        var now = 1000
        while plan.next(at: at(now)) != .stepDown(term: 1) {
            if plan.next(at: at(now)) == .renew(term: 1) {
                attempts += 1
                plan.failed(at: at(now))
            }
            now += 10
        }
        #expect(now == 2500)
        #expect(attempts == 5)
    }

    @Test func stopsAtOnceWhenAnotherLeads() {
        var plan = leader()
        plan.renewed(false, begunAt: at(1000), at: at(1010))
        #expect(plan.next(at: at(1010)) == .stepDown(term: 1))
    }

    @Test func letsOthersGoFirstAfterItSteppedDown() {
        var plan = leader()
        plan.steppedDown(at: at(2500))
        #expect(plan.term == nil)
        #expect(plan.next(at: at(2500)) == .wait(until: at(2800)))
        // An answer that comes now changes nothing.
        plan.renewed(true, begunAt: at(1000), at: at(2600))
        #expect(plan.term == nil)
    }

    private struct Candidate {
        var plan: LeadershipPlan
        /// An attempt under way, and when it began, is heard and is answered.
        var attempt: (term: Int64?, begin: Int, arrival: Int, reply: Int)?
        var answer: Int64?
    }

    /// Two candidates, one PostgreSQL, any delays: never do two trust a term at the same time.
    @Test(arguments: 0..<50) func neverTwoAtATime(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func delay() -> Int {
            Int.random(in: 1...(Int.random(in: 0..<4, using: &generator) > 0 ? 5 : 400), using: &generator)
                * 10
        }
        var candidates = [LeadershipPlan(at: start), LeadershipPlan(at: start)].map { Candidate(plan: $0) }
        var held: (term: Int64, until: Int) = (0, 0)
        var led: Set<Int64> = []
        for now in stride(from: 0, to: 120_000, by: 10) {
            for index in candidates.indices {
                if let (term, begin, arrival, reply) = candidates[index].attempt {
                    if now == arrival, let term {
                        if held.term == term { held.until = now + 3000 }
                        candidates[index].answer = held.term == term ? term : nil
                    } else if now == arrival {
                        let isFree = held.until <= now
                        if isFree { held = (held.term + 1, now + 3000) }
                        candidates[index].answer = isFree ? held.term : nil
                    } else if now == reply {
                        let answer = candidates[index].answer
                        if term == nil {
                            candidates[index].plan.acquired(answer, begunAt: at(begin), at: at(now))
                        } else {
                            candidates[index].plan.renewed(answer != nil, begunAt: at(begin), at: at(now))
                        }
                        candidates[index].attempt = nil
                    }
                    continue
                }
                switch candidates[index].plan.next(at: at(now)) {
                case .wait: break
                case .stepDown(let term):
                    if held.term == term { held.until = now }
                    candidates[index].plan.steppedDown(at: at(now))
                case .acquire, .renew:
                    let arrival = now + delay()
                    let term = candidates[index].plan.term
                    candidates[index].attempt = (term, now, arrival, arrival + delay())
                }
            }
            let trusted = candidates.filter { $0.plan.trustedUntil.map { $0 > at(now) } ?? false }
            led.formUnion(trusted.compactMap(\.plan.term))
            #expect(trusted.count < 2, "seed \(seed) at \(now) ms")
        }
        #expect(led.count > 1)
    }
}
