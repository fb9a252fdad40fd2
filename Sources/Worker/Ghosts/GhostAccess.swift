import AWS
import Bootstrap
import FoundationEssentials
import Ghosts
import Jobs
import Logging
import Optimizer
import Store

/// What scans and terminations stand on.
struct GhostAccess: Sendable {
    /// Kept free at the end of a job's time to record what happened.
    private static let margin = Duration.seconds(10)

    let clusters: ClusterAccess
    let customers: CustomerStore
    let ghosts: GhostStore
    let steps: StepStore
    let sessions: CustomerSessions
    let prices: PriceTable
    let queue: JobQueue
    let settings: GhostSettings
    let metrics = GhostMetrics()

    /// One cluster that is looked at, for one job.
    struct Subject: Sendable {
        let customer: CustomerRecord
        let cluster: ClusterRecord
        let scanned: ScannedCluster
        let survey: GhostSurvey
        let aws: AWSClient
        /// When all calls end.
        let limit: ContinuousClock.Instant
    }

    /// Opens the way to both sides of a job's cluster.
    ///
    /// - Throws: `JobFailure`; ``ScanAbort`` if it is switched off, or the registered account is not the role's.
    func open(_ context: JobContext) async throws -> Subject {
        guard let id = context.job.clusterID, let cluster = try await clusters.clusters.find(id),
            let customer = try await customers.find(cluster.customerID)
        else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        guard settings.isEnabled else {
            throw ScanAbort(.switchedOff, "GHOST_PROBE_SCANNER_ENABLED is false")
        }
        guard customer.status == "active", cluster.status == .active else {
            throw ScanAbort(.switchedOff, "the customer or the cluster is not active")
        }
        if try await ghosts.isOff(for: customer.id) {
            throw ScanAbort(.switchedOff, "it is switched off: see GET /api/v1/scanner/switch")
        }
        guard let role = customer.awsRoleARN.flatMap(RoleARN.init) else {
            throw ScanAbort(.switchedOff, "the customer has no aws_role_arn: it is only observed")
        }
        for account in [cluster.awsAccountID, customer.awsAccountID].compactMap(\.self)
        where account != role.account {
            throw ScanAbort(
                .wrongAccount,
                "account \(account) is registered, and the role is of \(role.account)"
            )
        }
        let limit = (context.deadline ?? .now + .seconds(600)) - Self.margin
        let aws: AWSClient
        do {
            aws = try sessions.client(
                for: customer,
                region: cluster.region,
                purpose: .ghostTermination,
                job: context.job.type,
                clusterTag: cluster.ownershipTag
            ).until(limit)
        } catch {
            throw JobFailure(
                code: "aws_\(error.code.rawValue)",
                message: ReplacementLaunch.explained(error),
                isRetryable: false
            )
        }
        let scanned = ScannedCluster(
            id: cluster.id,
            name: cluster.eksClusterName ?? cluster.name,
            account: role.account,
            region: cluster.region
        )
        return Subject(
            customer: customer,
            cluster: cluster,
            scanned: scanned,
            survey: GhostSurvey(
                access: clusters,
                ghosts: ghosts,
                customer: customer.id,
                scanned: scanned,
                aws: aws,
                limit: limit
            ),
            aws: aws,
            limit: limit
        )
    }

    /// USD that an hour of a machine costs, if that is known.
    func price(of machine: Machine, in region: String) -> String? {
        machine.type.flatMap {
            prices.price(region: region, zone: machine.zone, instanceType: $0, capacityType: machine.market)?
                .description
        }
    }
}

extension ScanAbort {
    /// What a job says that decided nothing.
    var failure: JobFailure {
        JobFailure(code: reason.rawValue, message: detail, isRetryable: isTransient)
    }

    /// Whether all scans will end so until somebody has looked; of refused tokens people hear otherwise.
    var needsPerson: Bool {
        switch reason {
        case .switchedOff, .nodesUnauthorized: false
        default: !isTransient
        }
    }

    /// Whether looking again soon may help.
    var isTransient: Bool {
        switch reason {
        case .nodesTimedOut, .nodesUnreadable, .otherClusterUnreadable, .machinesUnreadable, .stale: true
        case .switchedOff, .nodesUnauthorized, .nodesForbidden, .nodesEmpty, .nodeWithoutIdentity,
            .wrongAccount,
            .nothingInCommon, .wrongOrder, .clockSkew, .tooMany:
            false
        }
    }
}
