/// An EC2 instance of a simulated cluster.
struct Machine: Sendable {
    /// Where it is in its life, with EC2's codes.
    enum State: Int, Sendable {
        case pending = 0
        case running = 16
        case shuttingDown = 32
        case terminated = 48

        var name: String {
            switch self {
            case .pending: "pending"
            case .running: "running"
            case .shuttingDown: "shutting-down"
            case .terminated: "terminated"
            }
        }
    }

    let id: String
    let type: InstanceType
    let zone: String
    let subnetID: String
    let isSpot: Bool
    let origin: NodeModel.Origin
    let address: String
    /// Its name in the network, which is its node's, too.
    let privateName: String
    /// In RFC 3339.
    let launched: String
    let reservation: String
    let clientToken: String?
    var state: State
    var stateReason: (code: String, message: String)?
    var tags: [String: String]
    /// The interruption that it replaces a machine of.
    var replaces: String?

    /// The Auto Scaling group that it is a member of.
    var group: String? { tags["aws:autoscaling:groupName"] }

    /// The disk that it was started from, which ends with it.
    var rootVolumeID: String { "vol-\(id.dropFirst(2))" }

    /// Whether it will be, or is, of use.
    var isAlive: Bool { state == .pending || state == .running }
}
