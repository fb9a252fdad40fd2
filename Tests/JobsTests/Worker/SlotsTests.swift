import Testing

@testable import Jobs

struct SlotsTests {
    @Test func givesOrdinaryJobsAllButTheReservedSlots() {
        var slots = Slots(count: 10, reserved: 3, urgent: 2)
        #expect(slots.grant == .init(limit: 7, leastUrgent: 10))
        #expect(!slots.isUrgentOnly)
        slots.taken(6)
        #expect(slots.grant == .init(limit: 1, leastUrgent: 10))
    }

    @Test func keepsTheReservedSlotsForUrgentJobs() {
        var slots = Slots(count: 10, reserved: 3, urgent: 2)
        slots.taken(7)
        #expect(slots.grant == .init(limit: 3, leastUrgent: 2))
        #expect(slots.isUrgentOnly)
        slots.taken(3)
        #expect(slots.grant == nil)
        #expect(!slots.isUrgentOnly)
        slots.freed()
        #expect(slots.grant == .init(limit: 1, leastUrgent: 2))
    }

    @Test func reservesNothingUnlessTold() {
        var slots = Slots(count: 1, reserved: 0, urgent: 1)
        #expect(slots.grant == .init(limit: 1, leastUrgent: 10))
        slots.taken(1)
        #expect(slots.grant == nil)
        slots.freed()
        #expect(slots.running == 0)
    }

    @Test func aSlotIsFreedOnce() async {
        await #expect(processExitsWith: .failure) {
            var slots = Slots(count: 1, reserved: 0, urgent: 1)
            slots.freed()
        }
    }
}
