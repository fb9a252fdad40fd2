import AWS
import Bootstrap
import Drain
import FoundationEssentials
import Jobs
import Kubernetes
import Logging
import Store

/// `settle-interruption`: sees to it that the replacement joins its cluster, or is terminated; and that a machine which
/// AWS did not take after all, or that runs again after it was stopped, gets its node back.
///
/// What it acts on is what the interruption's own job recorded, never what a parameter says. It looks, and comes again: in
/// an outage of many machines, whoever only waits must not hold the slots that the next warnings need.
struct SettleInterruptionHandler: JobHandler {
    /// How long a machine may take to become a node (Karpenter's limit, too).
    static let joinLimit = Duration.seconds(900)
    /// After this it is believed that AWS does not take the machine: the notice is kept to the second, mostly.
    static let takenLimit = Duration.seconds(180)
    /// The step that says how far it came.
    private static let progress = "watched"
    /// What did not join is not asked for again for this long.
    private static let pause = Duration.seconds(600)

    let clusters: ClusterStore
    let customers: CustomerStore
    let records: SpotEventStore
    let offerings: OfferingStore
    let stepStore: StepStore
    let journal: JobJournal
    let connections: ClusterConnections
    let sessions: CustomerSessions
    /// How often it looks.
    var look = Duration.seconds(10)

    func run(_ context: JobContext) async throws -> JobReport {
        let (job, cluster, customer) = try await subject(of: context)
        let interruption = try Interruption(job)
        let earlier = try await ClaimSteps.read(stepStore, of: job.id)
        guard let node: InterruptedNode = try earlier.read("node"), node.clusterID == cluster.id else {
            return JobReport(logs: ["the interruption's job recorded no node of this cluster"])
        }
        let replacement: ReplacementOutcome? = try earlier.read("replacement")
        guard let client = try await connections.client(for: cluster.id) else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        let aws = try sessions.client(
            for: customer,
            region: interruption.region ?? cluster.region,
            purpose: .interruptionHandling,
            job: context.job.type,
            clusterTag: cluster.ownershipTag
        )
        let steps = try await ClaimSteps.load(stepStore, context)
        var watch = SettlementWatch(
            interruption: interruption,
            node: node,
            replacement: replacement,
            hasStarted: try context.parameters()["machine_started"] == .bool(true),
            progress: try steps.read(Self.progress)
        )
        if context.job.isDryRun { return JobReport(logs: ["dry run: \(watch.description)"]) }
        let before = watch.progress
        for action in watch.decide(try await sight(watch, aws, client), at: Date()) {
            try steps.mayAct()
            try await carry(out: action, job: job, cluster: cluster, aws, client, interruption)
        }
        guard watch.isSettled else {
            if watch.progress != before { try await steps.record(Self.progress, watch.progress) }
            throw JobPostponement(for: look, watch.description)
        }
        // Of an event that has this job: that the machine was started.
        var result = SpotEventResult(.handled, reason: watch.progress.logs.last)
        result.actionTaken = watch.progress.isNodeReturned ? SpotEventStore.nodeReturned : "recorded"
        result.clusterID = cluster.id
        result.nodeName = node.name
        try await records.finish(eventsOf: context.job.id, result)
        return JobReport(logs: watch.progress.logs, metadata: .object(["settled": .bool(true)]))
    }

    private func subject(of context: JobContext) async throws -> (JobRecord, ClusterRecord, CustomerRecord) {
        let parameters = try context.parameters()
        guard case .string(let text)? = parameters["interruption"], let id = UUID(uuidString: text),
            let job = try await journal.entry(id)?.job, job.type == JobType.handleSpotWarning.rawValue
        else {
            throw JobFailure(
                code: "invalid_parameter",
                message: "parameters.interruption must be the id of a handle-spot-warning job",
                isRetryable: false
            )
        }
        guard let clusterID = context.job.clusterID, let cluster = try await clusters.find(clusterID),
            let customer = try await customers.find(cluster.customerID)
        else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        return (job, cluster, customer)
    }

    /// Looks once; what could not be seen is nil.
    private func sight(
        _ watch: SettlementWatch,
        _ aws: AWSClient,
        _ client: KubernetesClient
    ) async throws -> SettlementWatch.Sight {
        var sight = SettlementWatch.Sight()
        if watch.watchesMachine {
            sight.machine = try await state(of: watch.interruption.instanceID, aws)
        }
        if let id = watch.awaited {
            sight.replacement = try await state(of: id, aws)
            do {
                sight.hasJoined =
                    try await client.nodes(instanceIDs: [id])[id].map { NodeFacts($0).isReady } ?? false
            } catch {
                if error.code == .cancelled { throw CancellationError() }
                guard error.isRetryable else { throw ClusterFailure.failure(error, manifest: "observe.yaml") }
            }
        }
        return sight
    }

    private func state(of id: String, _ aws: AWSClient) async throws -> SettlementWatch.MachineState? {
        do {
            return try await aws.ec2.instances(ids: [id]).first.map { .known($0.state) } ?? .notFound
        } catch {
            switch error.code {
            case .notFound: return .notFound
            case .cancelled: throw CancellationError()
            default:
                guard error.isRetryable else {
                    throw JobFailure(
                        code: "aws_\(error.code.rawValue)",
                        message: ReplacementLaunch.explained(error),
                        isRetryable: false
                    )
                }
                return nil
            }
        }
    }

    private func carry(
        out action: SettlementWatch.Action,
        job: JobRecord,
        cluster: ClusterRecord,
        _ aws: AWSClient,
        _ client: KubernetesClient,
        _ interruption: Interruption
    ) async throws {
        switch action {
        case .note(let name, let at):
            let timings = try Self.timing(name, at, interruption)
            try await records.add(timings: timings, reason: nil, failed: false, to: job.id)
        case .release(let node, let reason):
            do {
                // Only what the interruption's job marked as its own; see NodeHold.
                try await NodeCordon(client).release(node, jobID: job.id.text)
            } catch let error as KubernetesError where error.code == .notFound {
                // Whoever joins under its name is not cordoned.
            }
            let timings = try Self.timing(SpotEventStore.nodeReturned, Date(), interruption)
            try await records.add(timings: timings, reason: reason, failed: false, to: job.id)
        case .giveUp(let replacement, let reason):
            try await terminate(replacement, of: job, cluster, aws)
            try await records.add(timings: Array("{}".utf8), reason: reason, failed: true, to: job.id)
        }
    }

    private static func timing(_ name: String, _ at: Date, _ interruption: Interruption) throws -> [UInt8] {
        let seconds = at.timeIntervalSince(interruption.eventTime)
        return try JSONValue.object([name: .number((seconds * 1000).rounded() / 1000)]).serialized()
    }

    /// Ends a machine that did not join, if it carries the mark of the job that launched it.
    private func terminate(
        _ replacement: ReplacementOutcome,
        of job: JobRecord,
        _ cluster: ClusterRecord,
        _ aws: AWSClient
    ) async throws {
        guard let id = replacement.instanceID, replacement.result == .launched else { return }
        do {
            guard let machine = try await aws.ec2.instances(ids: [id]).first,
                machine.tags[ReplacementLaunch.jobTag] == job.id.text
            else { return }
            _ = try await aws.ec2.terminateInstances([id])
        } catch  where error.code == .notFound {
            return
        }
        if let type = replacement.instanceType, let zone = replacement.zone, let market = replacement.market {
            try await offerings.remember(
                [Offering(market: market, instanceType: type, zone: zone)],
                account: aws.account,
                region: aws.region.name,
                reason: "did not join",
                for: Self.pause
            )
        }
    }
}
