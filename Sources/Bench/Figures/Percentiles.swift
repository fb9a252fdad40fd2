/// Percentiles of measured values, by nearest rank: each is a value that was measured.
struct Percentiles {
    private let sorted: [Double]

    init(_ values: [Double]) {
        sorted = values.sorted()
    }

    var count: Int { sorted.count }
    var max: Double? { sorted.last }

    /// The smallest value that at least this share of all values do not exceed.
    ///
    /// - Parameter percent: Above 0, up to 100.
    /// - Returns: nil without values.
    func value(at percent: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
        return sorted[min(Swift.max(rank, 1), sorted.count) - 1]
    }
}
