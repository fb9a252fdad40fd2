import AWS
import Bootstrap
import Drain
import FoundationEssentials
import Jobs
import Kubernetes
import Logging
import Store

/// `handle-spot-warning`: gets every pod away from a machine that AWS takes back, and a replacement on its way.
///
/// Each thing done is a stored step; a worker that dies is followed by another, which goes on from there.
struct SpotWarningHandler: JobHandler {
    /// Kept free at the end to record what happened.
    private static let margin = Duration.seconds(3)

    let clusters: ClusterStore
    let customers: CustomerStore
    let records: SpotEventStore
    let offerings: OfferingStore
    let stepStore: StepStore
    let connections: ClusterConnections
    var sessions: CustomerSessions
    let paces: ClusterPaces
    let types: InstanceTypes
    let queue: JobQueue

    func run(_ context: JobContext) async throws -> JobReport {
        let interruption = try Interruption(context.job)
        let steps = try await ClaimSteps.load(stepStore, context)
        var record = InterruptionRecord(interruption, job: context.job.id, records: records)
        guard let customerID = try await customerID(of: context.job),
            let customer = try await customers.find(customerID)
        else {
            throw JobFailure(
                code: "customer_unknown",
                message: "the job names neither a customer nor a registered cluster",
                isRetryable: false
            )
        }
        if !context.job.isDryRun {
            try await records.ensureEvent(
                of: context.job.id,
                customer: customerID,
                instance: interruption.instanceID,
                kind: interruption.action.rawValue,
                time: interruption.eventTime,
                deadline: interruption.lostAt
            )
        }
        if interruption.course == .record {
            return try await record.close(.ignored, "recorded", "the machine's state had changed already")
        }
        let found: InterruptedNode? = try steps.read("node")
        if found == nil, let lostAt = interruption.lostAt, interruption.course == .drain, lostAt <= Date() {
            let lag = Int(Date().timeIntervalSince(interruption.eventTime))
            return try await record.close(
                .late,
                "recorded",
                "the event was \(lag) s old: the machine is gone"
            )
        }
        let node: InterruptedNode
        if let found {
            node = found
        } else {
            let search = NodeSearch(records: records, connections: connections, logger: context.logger)
            switch try await search.find(interruption.instanceID, of: customerID, in: context.job.clusterID) {
            case .found(let found): node = found
            case .foreign:
                return try await record.close(
                    .foreign,
                    "recorded",
                    "no cluster of the customer has the machine"
                )
            case .unknown(let reason):
                throw JobFailure(code: "node_unknown", message: reason, isRetryable: true)
            }
            if !context.job.isDryRun { try await steps.record("node", node) }
        }
        guard let cluster = try await clusters.find(node.clusterID) else {
            return try await record.close(.foreign, "recorded", "the cluster is not registered any more")
        }
        record.node = node
        let run = InterruptionRun(
            handler: self,
            context: context,
            interruption: interruption,
            steps: steps,
            customer: customer,
            cluster: cluster,
            node: node,
            limit: context.deadline.map { $0 - Self.margin }
        )
        return try await run.run(&record)
    }

    private func customerID(of job: JobRecord) async throws -> UUID? {
        if let id = job.customerID { return id }
        guard let cluster = job.clusterID else { return nil }
        return try await clusters.find(cluster)?.customerID
    }
}
