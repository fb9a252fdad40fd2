import AWS
import Bootstrap
import FoundationEssentials
import Preflight
import Store

/// Asks AWS what the customer's role may do; changes nothing.
///
/// Reading is tried with one small page. Changing is tried by `DryRun` with the very requests of the jobs, in the
/// sessions that the jobs have.
struct AccountQuestions {
    let cluster: ClusterRecord
    let customer: CustomerRecord
    let sessions: CustomerSessions
    /// Distinguishes sessions: those of earlier preflights may remember refusals that were mended since.
    let name: String
    let deadline: ContinuousClock.Instant?

    /// Asks everything.
    ///
    /// - Throws: `CancellationError`.
    func ask(_ answers: inout PreflightAnswers) async throws {
        let trial: RoleTrial
        do {
            trial = try sessions.trial(of: customer, region: cluster.region)
        } catch {
            // Without a role nothing of AWS's is allowed; that is no doubt.
            answers.isRoleRegistered = customer.awsRoleARN != nil
            answers.role = .denied(error.message)
            answers.externalID = .unknown(error.message)
            answers.queue = .denied(error.message)
            for action in AWSAction.allCases { answers.aws[action] = .denied(error.message) }
            return
        }
        answers.role = try await result { () async throws(AWSError) in try await trial.takeOn() }
        guard answers.role.answer == .allowed else {
            let reason = "the role cannot be taken on: \(answers.role.reason ?? "")"
            // Whether it refuses strangers, too, shows only once it does not refuse us.
            answers.externalID = .unknown(reason)
            let same: CheckResult = answers.role.answer == .denied ? .denied(reason) : .unknown(reason)
            answers.queue = same
            for action in AWSAction.allCases { answers.aws[action] = same }
            return
        }
        answers.externalID = try await strangers(trial)
        try await askQueue(&answers)
        try await askAccount(&answers)
    }

    /// Whether the role is for this customer alone.
    private func strangers(_ trial: RoleTrial) async throws -> CheckResult {
        do throws(AWSError) {
            return try await trial.refusesStrangers()
                ? .allowed
                : .denied(
                    "the role can be taken on without its external id: anybody's request could lead us to act in it"
                )
        } catch {
            return try Self.result(of: error)
        }
    }

    // MARK: - The queue

    private func askQueue(_ answers: inout PreflightAnswers) async throws {
        let untried = "is not tried: it would take messages"
        answers.aws[.receiveMessage] = .unknown(untried)
        answers.aws[.deleteMessage] = .unknown(untried)
        do throws(AWSError) {
            let queue = try sessions.queue(of: customer, job: name)
            let attributes = try await queue.sqs.attributes(of: queue.url)
            answers.queue = .allowed
            answers.queueSettings = QueueSettings(
                retentionSeconds: attributes.retention.map { Int($0 / .seconds(1)) },
                policy: attributes.policy
            )
            answers.aws[.getQueueAttributes] = .allowed
        } catch {
            answers.isQueueRegistered = customer.sqsQueueURL != nil
            let reading: [AWSAction] = [.receiveMessage, .deleteMessage, .getQueueAttributes]
            switch error.code {
            case .invalidRequest:
                // There is none, or none that jobs would read.
                answers.queue = .denied(error.message)
                for action in reading { answers.aws[action] = answers.queue }
            case .notFound:
                answers.queue = .denied("SQS knows no such queue: \(error.message)")
                for action in reading {
                    answers.aws[action] = .unknown("is not tried: there is no such queue")
                }
            default:
                answers.queue = try Self.result(of: error)
                answers.aws[.getQueueAttributes] = answers.queue
            }
        }
    }

    // MARK: - Results

    /// What a call says about the permission to make it.
    func result(_ call: () async throws(AWSError) -> Void) async throws -> CheckResult {
        do throws(AWSError) {
            try await call()
            return .allowed
        } catch {
            return try Self.result(of: error)
        }
    }

    static func result(of error: AWSError) throws -> CheckResult {
        guard error.code != .cancelled else { throw CancellationError() }
        return CheckResult(error)
    }

    /// A client as the jobs have it, but for its session's name.
    func client(_ purpose: SessionPolicy.Purpose) throws(AWSError) -> AWSClient {
        let client = try sessions.client(
            for: customer,
            region: cluster.region,
            purpose: purpose,
            job: name,
            clusterTag: cluster.ownershipTag
        )
        return deadline.map(client.until) ?? client
    }
}

extension IAMPlaces {
    /// What a customer's policies name, as far as we know it.
    init(_ cluster: ClusterRecord, of customer: CustomerRecord?, queueARN: String?) {
        let role = customer?.awsRoleARN.flatMap(RoleARN.init)
        let region = AWSRegion(cluster.region)
        self.init(
            partition: (role?.partition ?? region?.partition)?.rawValue,
            region: region?.name,
            account: role?.account ?? customer?.awsAccountID,
            clusterName: cluster.eksClusterName ?? cluster.name,
            queueARN: queueARN,
            externalID: customer?.externalID
        )
    }
}
