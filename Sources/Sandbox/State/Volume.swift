/// An EBS volume of a simulated cluster.
struct Volume: Sendable {
    let id: String
    /// In GiB.
    let size: Int
    let zone: String
    /// In RFC 3339.
    let created: String
    /// The machine that it is the root of.
    var machine: String?
    /// The persistent volume that stands for it, with the claim that it is bound to.
    var claim: Claim?
    var tags: [String: String]

    /// Who stores something on it.
    struct Claim: Sendable {
        let namespace: String
        let name: String
        /// Of the claim; the persistent volume is named for it.
        let uid: String
    }

    var state: String { machine == nil ? "available" : "in-use" }
}

/// A copy of a volume.
struct Snapshot: Sendable {
    let id: String
    let volumeID: String
    let size: Int
    /// In seconds since 1970.
    let startedAt: Double
    let completeAt: Double
    let description: String
    var tags: [String: String]
}

/// An Auto Scaling group of a simulated cluster.
struct ScalingGroup: Sendable {
    let name: String
    /// How many machines it has, or will have.
    var desired = 0

    static func name(isSpot: Bool, of cluster: String) -> String {
        "eks-\(isSpot ? "workers-spot" : "workers")-\(cluster)"
    }
}
