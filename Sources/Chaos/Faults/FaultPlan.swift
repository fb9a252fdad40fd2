/// Which fault comes when: every kind at least once, in an order that the seed decides.
struct FaultPlan {
    /// A fault and its moment, seconds after the start.
    struct Step: Equatable {
        let at: Double
        let fault: Fault
    }

    let steps: [Step]

    /// - Parameters:
    ///   - seconds: How long the run takes.
    ///   - seed: The same seed makes the same plan.
    init(seconds: Int, seed: UInt64) {
        var random = SplitMix(seed: seed)
        let kinds = Fault.allCases.shuffled(using: &random)
        // A minute's peace after each would prove little; less than two seconds would be one long outage.
        let gap = min(max(Double(seconds) / Double(kinds.count + 2), 2), 8)
        var at = gap
        var faults = kinds
        var steps: [Step] = []
        while at < Double(seconds) - gap / 2 || !faults.isEmpty {
            let fault = faults.isEmpty ? kinds.randomElement(using: &random) : faults.removeFirst()
            guard let fault else { break }
            steps.append(Step(at: at, fault: fault))
            at += gap * Double.random(in: 0.6...1.4, using: &random)
        }
        self.steps = steps
    }
}

/// Random numbers that a seed makes repeatable.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
