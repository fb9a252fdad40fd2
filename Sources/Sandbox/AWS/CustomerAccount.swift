import FoundationEssentials
import Synchronization

/// The simulated customer's AWS account: its role, its queue of events, its clusters' machines, and where
/// it receives webhooks.
final class CustomerAccount: Sendable {
    static let id = "111122223333"
    static let roleARN = "arn:aws:iam::\(id):role/CloudOptim"
    static let queueName = "cloudoptim-interruptions"
    static let queueRegion = "us-east-1"
    /// A name that no name server answers: the queue is reached at the sandbox's own endpoint, wherever that is.
    static let queueURL = "http://sqs.\(queueRegion).sandbox.invalid/\(id)/\(queueName)"
    static let queueARN = "arn:aws:sqs:\(queueRegion):\(id):\(queueName)"

    let fleet: Fleet
    let keys: KeyRing
    let queue = SimulatedQueue()
    let launches = LaunchBook()
    let webhooks = WebhookBook()
    private let trusted = Mutex<String?>(nil)

    init(fleet: Fleet, keys: KeyRing) {
        self.fleet = fleet
        self.keys = keys
    }

    /// The external id that the role's trust policy asks for; nil while nobody has said it: then nobody is trusted.
    var externalID: String? {
        get { trusted.withLock { $0 } }
        set { trusted.withLock { $0 = newValue } }
    }

    /// The clusters of a region.
    func clusters(in region: String) -> [SimulatedCluster] {
        fleet.clusters.filter { $0.model.region == region }
    }
}
