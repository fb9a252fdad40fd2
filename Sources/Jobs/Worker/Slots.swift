/// A worker's slots, some of them kept for urgent jobs.
struct Slots: Sendable {
    /// What may be claimed now.
    struct Grant: Equatable {
        /// How many jobs.
        var limit: Int
        /// The least urgent priority.
        var leastUrgent: Int
    }

    /// All slots.
    let count: Int
    /// Of which this many take only urgent jobs.
    let reserved: Int
    /// What counts as urgent: this priority and those before it.
    let urgent: Int
    private(set) var running = 0

    init(count: Int, reserved: Int, urgent: Int) {
        precondition(count > 0 && reserved >= 0 && reserved < count, "\(reserved) of \(count) slots reserved")
        self.count = count
        self.reserved = reserved
        self.urgent = urgent
    }

    mutating func taken(_ jobs: Int) {
        running += jobs
    }

    mutating func freed() {
        precondition(running > 0, "a slot was freed that was not taken")
        running -= 1
    }

    /// Ordinary jobs may take all but the reserved slots; what is left then is for urgent ones.
    var grant: Grant? {
        let free = count - running
        guard free > 0 else { return nil }
        return free > reserved
            ? Grant(limit: free - reserved, leastUrgent: 10) : Grant(limit: free, leastUrgent: urgent)
    }

    /// Whether only urgent jobs may be claimed now.
    var isUrgentOnly: Bool { grant.map { $0.leastUrgent < 10 } ?? false }
}
