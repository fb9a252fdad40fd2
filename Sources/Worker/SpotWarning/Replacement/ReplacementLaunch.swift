import AWS
import Bootstrap
import FoundationEssentials
import Logging
import Store

/// Gets one machine in the place of another, once, whoever runs the job and however often.
///
/// ## At most one
/// Each launch has a token made of the job and of how often it was begun anew, so that EC2 itself answers a repetition
/// with the same machine; and a machine carries as a tag which one it replaces, by which one is found whose launch was
/// not recorded.
struct ReplacementLaunch: Sendable {
    /// What could not be had is not asked for again for this long.
    static let pause = Duration.seconds(180)
    static let jobTag = "cloudoptim.io/job-id"
    private static let purposeTag = "cloudoptim.io/replaces"

    let aws: AWSClient
    let types: InstanceTypes
    let offerings: OfferingStore
    let records: SpotEventStore
    let steps: ClaimSteps
    let job: UUID
    let cluster: ClusterRecord
    let node: InterruptedNode
    let instanceID: String
    /// Whether pods of the node have disks, which are of one zone.
    let isBoundToZone: Bool
    /// When to give up.
    let limit: ContinuousClock.Instant?
    let logger: Logger

    /// Launches, or goes on where an earlier run ended.
    ///
    /// - Returns: What became of it, recorded as the step `replacement`.
    /// - Throws: `JobFailure` with `lease_lost`, `CancellationError`, or the journal's errors; AWS's are part of the outcome.
    func run() async throws -> ReplacementOutcome {
        if let known: ReplacementOutcome = try steps.read("replacement") {
            return known.result == .launched && known.runningAt == nil ? try await started(known) : known
        }
        do {
            let outcome = try await persistently(find)
            try await steps.record("replacement", outcome)
            guard let id = outcome.instanceID else { return outcome }
            try await records.launched(id, by: job)
            return try await started(outcome)
        } catch let error as AWSError {
            if error.code == .cancelled { throw CancellationError() }
            let outcome = ReplacementOutcome(.failed, reason: Self.explained(error))
            try await steps.record("replacement", outcome)
            return outcome
        }
    }

    /// What to do about an error, for whoever owns the account.
    static func explained(_ error: AWSError) -> String {
        switch error.code {
        case .accessDenied: "AWS refused it: the role's policy lacks a permission: \(error.message)"
        case .noCredentials, .invalidCredentials, .expiredCredentials:
            "AWS took no credentials of ours: \(error.message)"
        default: error.message
        }
    }

    /// Does again what AWS could not do just now, while there is time: two minutes are soon over, and without a machine
    /// the pods have nowhere to go.
    private func persistently(_ body: () async throws -> ReplacementOutcome) async throws
        -> ReplacementOutcome
    {
        while true {
            do {
                return try await body()
            } catch let error as AWSError {
                guard error.isRetryable, let limit, limit - .now > .seconds(5) else { throw error }
                logger.warning("a replacement is tried again", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 1000...3000)))
        }
    }

    // MARK: - Deciding

    private func find() async throws -> ReplacementOutcome {
        if let owner = node.owner {
            return ReplacementOutcome(.left, reason: "\(owner) replaces it")
        }
        if let launched = try await present() { return launched }
        let source = try await machine(instanceID)
        if let owner = source.flatMap({ MachineOwner(tags: $0.tags) }) {
            return ReplacementOutcome(.left, reason: "\(owner) replaces it")
        }
        if let manager = source?.managedBy {
            return ReplacementOutcome(.left, reason: "\(manager) manages it")
        }
        let registered = cluster.launchTemplateID.map { EC2.LaunchTemplate(id: $0) }
        guard let template = registered ?? source?.launchTemplate else {
            return ReplacementOutcome(
                .failed,
                reason: "nothing says how machines of this cluster are made: register a launch_template_id"
            )
        }
        let fleet = ReplacementFleet(
            aws: aws,
            offerings: offerings,
            steps: steps,
            job: job,
            template: template,
            tags: tags(source),
            present: present,
            limit: limit,
            logger: logger
        )
        return try await fleet.launch(
            choice(source),
            prefersSpot: source.map { $0.market != .onDemand } ?? true
        )
    }

    /// A machine that was launched for the same purpose: by an earlier run of this job that ended before it could
    /// record it, or by another job.
    private func present() async throws -> ReplacementOutcome? {
        var found = try await aws.ec2.instances(
            filters: [.tag(Self.purposeTag, instanceID), .states([.pending, .running])]
        ).collect()
        // EC2 may not list by its tags yet what was launched a moment ago.
        if found.isEmpty, let known = try await recorded() { found = [known] }
        guard let instance = found.min(by: { $0.id < $1.id }) else { return nil }
        let isOurs = instance.tags[Self.jobTag] == job.text
        var outcome = ReplacementOutcome(
            isOurs ? .launched : .adopted,
            reason: isOurs ? nil : "another job had launched it"
        )
        outcome.instanceID = instance.id
        outcome.instanceType = instance.type
        outcome.zone = instance.zone
        outcome.market = instance.market == .spot ? "spot" : "on-demand"
        outcome.launchedAt = instance.launched
        return outcome
    }

    /// What an event of the machine names as its replacement, if that is alive.
    private func recorded() async throws -> EC2.Instance? {
        let event = try await records.latestReplacement(of: instanceID, customer: cluster.customerID)
        guard let id = event?.replacementInstanceID, let machine = try await machine(id) else { return nil }
        return [.pending, .running].contains(machine.state) ? machine : nil
    }

    /// A machine; nil if EC2 knows it no more.
    private func machine(_ id: String) async throws -> EC2.Instance? {
        do {
            return try await aws.ec2.instances(ids: [id]).first
        } catch  where error.code == .notFound {
            return nil
        }
    }

    private func choice(_ source: EC2.Instance?) async throws -> ReplacementFleet.Choice {
        guard let name = source?.type ?? node.instanceType,
            let type = try await types.type(name, aws)
        else { return ReplacementFleet.Choice() }
        let subnets = try await subnets(source)
        let known = try await offerings.unavailable(account: aws.account, region: aws.region.name)
        let choice = OfferingChoice(source: type, subnets: subnets, unavailable: known)
        let all = try await types.all(type.architectures, aws)
        let fitting = choice.types(among: all)
        return ReplacementFleet.Choice(
            spot: choice.overrides(fitting.filter { $0.usageClasses.contains("spot") }, market: .spot),
            onDemand: choice.overrides(fitting, market: .onDemand),
            zones: Dictionary(subnets.map { ($0.id, $0.zone) }, uniquingKeysWith: { first, _ in first })
        )
    }

    /// Where the cluster's machines are: the subnet of the one that goes, and those of other zones like it.
    private func subnets(_ source: EC2.Instance?) async throws -> [EC2.Subnet] {
        guard let source, let own = source.subnetID else { return [] }
        let mine = try await aws.ec2.subnets(ids: [own]).collect()
        guard !isBoundToZone, let subnet = mine.first, let network = subnet.vpcID else { return mine }
        let all = try await aws.ec2.subnets(
            filters: [
                .init("vpc-id", [network]), .tagKey(cluster.ownershipTag.key), .init("state", ["available"]),
            ]
        ).collect()
        let roles = ["kubernetes.io/role/internal-elb", "kubernetes.io/role/elb"]
        let alike = all.filter { other in
            other.zone != subnet.zone && (other.freeAddresses ?? 0) > 0
                && roles.allSatisfy { other.tags[$0] == subnet.tags[$0] }
        }
        // The one with most addresses of each zone.
        let best = Dictionary(grouping: alike, by: \.zone).values.compactMap { subnets in
            subnets.max { ($0.freeAddresses ?? 0, $1.id) < ($1.freeAddresses ?? 0, $0.id) }
        }
        return mine + best.sorted { $0.zone < $1.zone }
    }

    /// The customer's own tags, and what proves whose machine it is and why it is there.
    private func tags(_ source: EC2.Instance?) -> [AWSTag] {
        let ours = [
            cluster.ownershipTag, AWSTag("cloudoptim.io/cluster-id", cluster.id.text),
            AWSTag(Self.jobTag, job.text), AWSTag(Self.purposeTag, instanceID),
        ]
        let reserved = ["aws:", "eks:", "cloudoptim.io/", "karpenter.sh/"]
        let theirs = (source?.tags ?? [:]).filter { tag in
            tag.key != cluster.ownershipTag.key && !reserved.contains { tag.key.hasPrefix($0) }
        }
        // EC2 takes 50 tags.
        return ours + theirs.sorted { $0.key < $1.key }.prefix(40).map { AWSTag($0.key, $0.value) }
    }

    // MARK: - Waiting

    /// Waits until the machine runs, as long as the job's time lasts.
    private func started(_ launched: ReplacementOutcome) async throws -> ReplacementOutcome {
        guard let id = launched.instanceID, launched.result == .launched else { return launched }
        var outcome = launched
        while true {
            // It may not be found in its first seconds.
            let state: EC2.Instance.State
            do {
                state = try await aws.ec2.instances(ids: [id]).first?.state ?? .pending
            } catch {
                switch error.code {
                case .notFound: state = .pending
                case .cancelled: throw CancellationError()
                // What happens to it is watched on by another job.
                default: return outcome
                }
            }
            switch state {
            case .running:
                outcome.runningAt = Date()
                try await steps.record("replacement", outcome)
                return outcome
            case .terminated, .shuttingDown, .stopping, .stopped:
                outcome.result = .failed
                outcome.reason = "the machine ended before it ran: \(state.rawValue)"
                try await steps.record("replacement", outcome)
                return outcome
            case .pending, .unknown: try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
