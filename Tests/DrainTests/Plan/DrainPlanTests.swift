import Kubernetes
import Testing

@testable import Drain

struct DrainPlanTests {
    private func reference(_ name: String) -> PodReference {
        PodReference(namespace: "shop", name: name, uid: "uid-\(name)")
    }

    private func sighting(
        _ name: String,
        _ group: DrainGroup = .ordinary,
        grace: Int = 30,
        cost: Int = 0,
        budgets: [String] = []
    ) -> PodSighting {
        PodSighting(
            ClassifiedPod(
                reference(name),
                .move(group),
                budgets: budgets,
                grace: .seconds(grace),
                deletionCost: cost
            )
        )
    }

    private func urgent(_ sightings: [PodSighting], concurrency: Int = 10) -> DrainPlan {
        DrainPlan(
            PlanRules(DeadlinePolicy(concurrency: concurrency), deadline: .seconds(120)),
            sightings: sightings,
            at: .zero,
            random: { 1 }
        )
    }

    private func voluntary(_ sightings: [PodSighting]) -> DrainPlan {
        DrainPlan(PlanRules(VoluntaryPolicy()), sightings: sightings, at: .zero, random: { 1 })
    }

    private func names(_ actions: [DrainAction]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .evict(let pod, _): "evict \(pod.name)"
            case .delete(let pod, let seconds): "delete \(pod.name) \(seconds)"
            case .list: nil
            }
        }
    }

    private let blocked = EvictionAnswer.blockedByBudget(message: "The disruption budget web needs 3 healthy")

    @Test func startsWithTheSlowest() {
        var plan = urgent([sighting("a", grace: 5), sighting("b", grace: 60), sighting("c")])
        #expect(names(plan.actions(at: .zero)) == ["evict b", "evict c", "evict a"])
        var cheap = voluntary([sighting("a", cost: 5), sighting("b", cost: -1), sighting("c", grace: 99)])
        #expect(names(cheap.actions(at: .zero)) == ["evict b", "evict c", "evict a"])
    }

    @Test func asksForFewAtOnce() {
        var plan = urgent((0..<5).map { sighting("\($0)") }, concurrency: 2)
        #expect(names(plan.actions(at: .zero)) == ["evict 0", "evict 1"])
        #expect(names(plan.actions(at: .zero)) == [])
        plan.evictionAnswered(reference("0"), .accepted, at: .zero)
        #expect(names(plan.actions(at: .zero)) == ["evict 2"])
    }

    @Test func triesAgainMoreAndMoreRarely() {
        var plan = voluntary([sighting("a")])
        var now = Duration.zero
        var pauses: [Duration] = []
        for _ in 0..<6 {
            #expect(names(plan.actions(at: now)) == ["evict a"])
            plan.evictionAnswered(reference("a"), blocked, at: now)
            let begun = now
            while now < begun + .seconds(60) {
                now = plan.nextWake(after: now)
                var probe = plan
                if !names(probe.actions(at: now)).isEmpty { break }
                if case .list(let consistency)? = plan.actions(at: now).first {
                    plan.listed([sighting("a")], consistency, begun: now, at: now)
                }
            }
            pauses.append(now - begun)
        }
        #expect(pauses == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
    }

    @Test func forcesAtTheLastCall() {
        var plan = urgent([sighting("a", budgets: ["shop/web"])])
        _ = plan.actions(at: .zero)
        plan.evictionAnswered(reference("a"), blocked, at: .milliseconds(50))
        // 120 - 30 - 8
        #expect(!names(plan.actions(at: .seconds(81))).contains { $0.hasPrefix("delete") })
        plan.evictionAnswered(reference("a"), blocked, at: .seconds(81))
        #expect(plan.nextWake(after: .milliseconds(81_500)) == .seconds(82))
        #expect(names(plan.actions(at: .seconds(82))) == ["delete a 30"])
    }

    @Test func doesNotEvictInVainUnderTwoBudgets() {
        var plan = urgent([sighting("a", budgets: ["shop/one", "shop/two"])])
        _ = plan.actions(at: .zero)
        plan.evictionAnswered(reference("a"), .severalBudgets(message: "more than one"), at: .zero)
        for second in 1..<82 { #expect(names(plan.actions(at: .seconds(second))) == []) }
        #expect(names(plan.actions(at: .seconds(82))) == ["delete a 30"])
    }

    @Test func endsAVoluntaryDrainThatIsRefused() {
        for answer in [
            EvictionAnswer.severalBudgets(message: "two"), .refused(KubernetesError(.forbidden, "no")),
        ] {
            var plan = voluntary([sighting("a"), sighting("b")])
            _ = plan.actions(at: .zero)
            plan.evictionAnswered(reference("a"), answer, at: .seconds(1))
            #expect(plan.isOver(at: .seconds(1)))
            #expect(!plan.isSettled)
        }
    }

    @Test func opensAGroupWhenTheOneBeforeIsGone() {
        var plan = urgent([sighting("a"), sighting("dns", .critical), sighting("d", .daemon)])
        #expect(names(plan.actions(at: .zero)) == ["evict a"])
        plan.evictionAnswered(reference("a"), .accepted, at: .zero)
        #expect(names(plan.actions(at: .seconds(1))) == [])
        let rest = [sighting("dns", .critical), sighting("d", .daemon)]
        plan.listed(rest, .cached, begun: .seconds(1), at: .seconds(2))
        #expect(names(plan.actions(at: .seconds(2))) == ["evict d"])
        // Its turn never came, but its time has.
        #expect(names(plan.actions(at: .seconds(82))) == ["evict dns"])
    }

    @Test func waitsForABusyServer() {
        var plan = urgent([sighting("a"), sighting("b"), sighting("c")], concurrency: 1)
        #expect(names(plan.actions(at: .zero)) == ["evict a"])
        plan.evictionAnswered(reference("a"), .overloaded(retryAfter: .seconds(1)), at: .zero)
        #expect(names(plan.actions(at: .milliseconds(900))) == [])
        #expect(names(plan.actions(at: .seconds(1))) == ["evict a"])
        // However long the server asks, the deadline doesn't wait.
        plan.evictionAnswered(reference("a"), .overloaded(retryAfter: .seconds(60)), at: .seconds(1))
        #expect(names(plan.actions(at: .seconds(3))) == ["evict a"])
    }

    @Test func believesNoAnswerThatAListContradicts() {
        var plan = voluntary([sighting("a")])
        _ = plan.actions(at: .zero)
        plan.evictionAnswered(reference("a"), .gone, at: .seconds(1))
        #expect(plan.isSettled)
        #expect(!plan.isOver(at: .seconds(1)))
        #expect(plan.actions(at: .seconds(3)) == [.list(.quorum)])
        plan.listed([sighting("a")], .quorum, begun: .seconds(3), at: .seconds(3))
        #expect(names(plan.actions(at: .seconds(4))) == ["evict a"])
    }

    @Test func endsWhenAQuorumSaysSo() {
        var plan = voluntary([])
        #expect(!plan.isOver(at: .zero))
        #expect(plan.nextWake(after: .zero) == .seconds(1))
        #expect(plan.actions(at: .seconds(1)) == [.list(.cached)])
        plan.listed([], .cached, begun: .seconds(1), at: .seconds(1))
        #expect(!plan.isOver(at: .seconds(1)))
        #expect(plan.actions(at: .seconds(3)) == [.list(.quorum)])
        plan.listed([], .quorum, begun: .seconds(3), at: .seconds(3))
        #expect(plan.isOver(at: .seconds(3)))
    }

    @Test func takesPodsThatAppear() {
        var plan = voluntary([])
        _ = plan.actions(at: .seconds(1))
        plan.listed([sighting("late")], .cached, begun: .seconds(1), at: .seconds(1))
        #expect(names(plan.actions(at: .seconds(1))) == ["evict late"])
    }

    @Test func doesNotWaitForWhatHangs() {
        var stuck = sighting("stuck")
        stuck.classified.verdict = .await
        stuck.isTerminating = true
        stuck.dueAt = .seconds(-100)
        stuck.finalizers = ["example.com/hold"]
        var plan = voluntary([stuck, sighting("a")])
        #expect(names(plan.actions(at: .zero)) == ["evict a"])
        plan.evictionAnswered(reference("a"), .accepted, at: .zero)
        _ = plan.actions(at: .seconds(1))
        plan.listed([stuck], .cached, begun: .seconds(1), at: .seconds(2))
        #expect(plan.actions(at: .seconds(3)) == [.list(.quorum)])
        plan.listed([stuck], .quorum, begun: .seconds(3), at: .seconds(3))
        #expect(plan.isOver(at: .seconds(3)))
        let results = plan.results(start: SimulatedNode.epoch, isFinal: true)
        #expect(results.map(\.outcome) == [.evicted, .lost])
        #expect(results[1].message?.contains("example.com/hold") == true)
    }

    @Test(arguments: [
        ("The disruption budget web needs 3 healthy pods and has 3 currently", ["shop/web"]),
        ("The disruption budget web is still being processed by the server.", ["shop/web"]),
        ("Cannot evict pod", []), ("", []), ("budget", []),
    ])
    func readsTheBudgetFromTheRefusal(message: String, expected: [String]) {
        #expect(DrainPlan.budgets(in: message, of: reference("a")) == expected)
    }
}
