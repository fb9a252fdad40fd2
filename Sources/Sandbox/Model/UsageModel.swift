import Glibc

/// How a pod's usage moves: around a mean, with a daily swing and a faster one, never at random.
///
/// A pure function of time, so that two runs with the same seed show the same numbers at the same moment.
struct UsageModel: Sendable {
    /// The mean, as a part of the request.
    let mean: Double
    /// Where in its swings it is at time zero, 0 to 1.
    let phase: Double

    init(using generator: inout SeededGenerator) {
        mean = .random(in: 0.1...0.8, using: &generator)
        phase = .random(in: 0..<1, using: &generator)
    }

    /// The CPU used, as a part of the request; above 0.
    func cpu(at time: Double) -> Double {
        mean * (1 + 0.35 * swing(time, period: 86400) + 0.2 * swing(time, period: 420))
    }

    /// The memory used, as a part of the request: it moves less.
    func memory(at time: Double) -> Double {
        (0.3 + 0.6 * mean) * (1 + 0.08 * swing(time, period: 7200))
    }

    private func swing(_ time: Double, period: Double) -> Double {
        sin(2 * .pi * (time / period + phase))
    }
}
