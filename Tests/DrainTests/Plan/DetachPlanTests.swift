import Drain
import Kubernetes
import Testing

struct DetachPlanTests {
    private func plan(_ volumes: [String: String?], staying: Set<String> = []) -> DetachPlan {
        DetachPlan(
            volumes.map { VolumeAttachment(name: $0.key, node: "n", volume: $0.value) },
            staying: staying,
            stopAt: .seconds(60)
        )
    }

    @Test func isOverWhenAllAreGone() {
        var plan = plan(["a": "pv-a", "b": "pv-b"])
        #expect(!plan.isOver(at: .zero))
        plan.gone(["a"])
        #expect(plan.left == [AttachedVolume(attachment: "b", volume: "pv-b")])
        #expect(!plan.isOver(at: .seconds(59)))
        plan.gone(["b", "unknown"])
        #expect(plan.isOver(at: .seconds(1)))
    }

    @Test func isOverAtTheDeadline() {
        let plan = plan(["a": "pv-a"])
        #expect(plan.isOver(at: .seconds(60)))
        #expect(plan.left.map(\.description) == ["pv-a"])
    }

    @Test func doesNotWaitForPodsThatStay() {
        #expect(plan(["a": "pv-a"], staying: ["pv-a"]).isOver(at: .zero))
        #expect(plan(["a": "pv-a", "b": "pv-b"], staying: ["pv-a"]).left.map(\.attachment) == ["b"])
    }

    @Test func waitsForVolumesWithoutAName() {
        let plan = plan(["csi-1": nil], staying: ["pv-a"])
        #expect(plan.left.map(\.description) == ["csi-1"])
    }

    @Test func looksAgainSoonButNotAfterTheEnd() {
        let plan = plan(["a": "pv-a"])
        #expect(plan.nextLook(after: .seconds(10)) == .seconds(12))
        #expect(plan.nextLook(after: .seconds(59)) == .seconds(60))
    }
}
