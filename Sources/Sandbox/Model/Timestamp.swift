import FoundationEssentials

/// Times as Kubernetes writes them.
enum Timestamp {
    /// A time in the first half of 2026, a little before which every simulated cluster came to life.
    static func random(using generator: inout SeededGenerator) -> String {
        let start = 1_767_225_600.0
        return text(
            Date(timeIntervalSince1970: start + .random(in: 0..<14_000_000, using: &generator).rounded())
        )
    }

    /// Seconds since 1970 with milliseconds.
    static func precise(_ time: Double) -> String {
        let whole = text(Date(timeIntervalSince1970: time.rounded(.down))).dropLast()
        let digits = String(Int(((time - time.rounded(.down)) * 1000).rounded(.down)))
        return "\(whole).\(String(repeating: "0", count: 3 - digits.count))\(digits)Z"
    }

    static func text(_ date: Date) -> String {
        date.formatted(.iso8601)
    }
}

/// The version of Kubernetes that the clusters show.
enum KubernetesVersion {
    static let git = "v1.32.3-eks-473151a"
}
