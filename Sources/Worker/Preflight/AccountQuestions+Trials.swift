import AWS
import Bootstrap
import FoundationEssentials
import Preflight
import Store

extension AccountQuestions {
    /// Asks EC2 and Auto Scaling.
    func askAccount(_ answers: inout PreflightAnswers) async throws {
        let handling: AWSClient
        let ending: AWSClient
        do {
            handling = try client(.interruptionHandling)
            ending = try client(.ghostTermination)
        } catch {
            for action in AWSAction.allCases where answers.aws[action] == nil {
                answers.aws[action] = CheckResult(error)
            }
            return
        }
        let sample = try await look(handling, &answers)
        try await tryChanges(handling, ending, sample, &answers)
        for (action, reason) in Self.untried where answers.aws[action] == nil {
            answers.aws[action] = .unknown(reason)
        }
    }

    /// What AWS has no trial for.
    private static let untried: [AWSAction: String] = [
        .terminateInAutoScalingGroup: "Auto Scaling has no DryRun",
        .passRole:
            "is checked by AWS at a launch alone: see ec2:RunInstances, if the template names a profile",
        .createServiceLinkedRole:
            "IAM has no DryRun; without effect once the account has had a spot instance",
        .getParameters: "is checked by AWS at a launch alone, if the template's image is a parameter",
    ]

    // MARK: - Looking

    /// Something of the cluster to try changes with.
    struct Sample {
        var machine: EC2.Instance?
        var volumes: [EC2.Volume] = []
    }

    /// Tries all calls that read, each with one small page.
    private func look(_ aws: AWSClient, _ answers: inout PreflightAnswers) async throws -> Sample {
        let tag = cluster.ownershipTag
        let ours = [EC2.Filter.tag(tag.key, tag.value)]
        var sample = Sample()
        let living = ours + [.states([.running, .pending, .stopped])]
        answers.aws[.describeInstances] = try await result { () async throws(AWSError) in
            var pages = aws.ec2.instances(filters: living, pageSize: 50).makeAsyncIterator()
            let machines = try await pages.next() ?? []
            // One that can be launched like is of more use.
            sample.machine = machines.first { $0.launchTemplate != nil } ?? machines.first
        }
        answers.aws[.describeVolumes] = try await result { () async throws(AWSError) in
            var pages = aws.ec2.volumes(filters: ours).makeAsyncIterator()
            sample.volumes = try await pages.next() ?? []
        }
        answers.aws[.describeInstanceTypes] = try await result { () async throws(AWSError) in
            _ = try await aws.ec2.instanceTypes(["m5.large"]).collect()
        }
        answers.aws[.describeSubnets] = try await result { () async throws(AWSError) in
            var pages = aws.ec2.subnets(filters: ours).makeAsyncIterator()
            _ = try await pages.next()
        }
        answers.aws[.describeAutoScalingInstances] = try await result { () async throws(AWSError) in
            var pages = aws.autoScaling.instances().makeAsyncIterator()
            _ = try await pages.next()
        }
        answers.aws[.describeSnapshots] = try await result { () async throws(AWSError) in
            var pages = aws.ec2.snapshots(filters: ours).makeAsyncIterator()
            _ = try await pages.next()
        }
        let machine = sample.machine?.id
        answers.aws[.describeInstanceAttribute] =
            if let machine {
                try await result { () async throws(AWSError) in
                    _ = try await aws.ec2.isTerminationProtected(machine)
                }
            } else { .unknown(noMachine(answers)) }
        return sample
    }

    // MARK: - Changing

    private static let tag = AWSTag("cloudoptim.io/preflight", "trial")

    /// Tries all calls that change something, by `DryRun`.
    private func tryChanges(
        _ handling: AWSClient,
        _ ending: AWSClient,
        _ sample: Sample,
        _ answers: inout PreflightAnswers
    ) async throws {
        let changes: [AWSAction] = [
            .createTags, .deleteTags, .terminateInstances, .runInstances, .createFleet, .createSnapshot,
            .deleteVolume,
        ]
        guard let machine = sample.machine else {
            for action in changes { answers.aws[action] = .unknown(noMachine(answers)) }
            return
        }
        // An endpoint that is not AWS's may take no notice of DryRun: this one looks, and no more.
        let trials = try await result { () async throws(AWSError) in try await ending.ec2.dryRunOfLooking() }
        guard trials.answer == .allowed else {
            let reason =
                "is not tried, as a trial that only looks got no clear answer: \(trials.reason ?? "")"
            for action in changes { answers.aws[action] = .unknown(reason) }
            return
        }
        // The canary: an endpoint that does it in earnest all the same has given a harmless tag, and is asked for
        // nothing else. Whoever did not answer may be such a one.
        let canary = try await trial(.createTags([Self.tag], resources: [machine.id]), ending)
        answers.aws[.createTags] = canary
        guard canary.answer != .unknown else {
            for action in changes where action != .createTags {
                answers.aws[action] = .unknown(
                    "is not tried, as the trial of ec2:CreateTags got no clear answer"
                )
            }
            return
        }
        answers.aws[.deleteTags] = try await trial(
            .deleteTags([Self.tag.key], resources: [machine.id]),
            ending
        )
        answers.aws[.terminateInstances] = try await trial(.terminateInstances([machine.id]), ending)
        try await tryDisks(ending, sample.volumes, &answers)
        try await tryLaunch(handling, machine, &answers)
    }

    /// With a disk that is in use, which EC2 would not delete in earnest either.
    private func tryDisks(
        _ aws: AWSClient,
        _ volumes: [EC2.Volume],
        _ answers: inout PreflightAnswers
    ) async throws {
        guard let volume = volumes.first(where: { $0.state == "in-use" }) else {
            let tag = cluster.ownershipTag
            let canLook = answers.aws[.describeVolumes]?.answer == .allowed
            let reason =
                canLook
                ? "no disk in use has the tag \(tag.key) = \(tag.value) to try it with"
                : "there was no disk to try it with, as ec2:DescribeVolumes does not work"
            answers.aws[.createSnapshot] = .unknown(reason)
            answers.aws[.deleteVolume] = .unknown(reason)
            return
        }
        let copy = EC2.Mutation.createSnapshot(.init(volumeID: volume.id, tags: [Self.tag]))
        answers.aws[.createSnapshot] = try await trial(copy, aws)
        answers.aws[.deleteVolume] = try await trial(.deleteVolume(volume.id), aws)
    }

    private func noMachine(_ answers: PreflightAnswers) -> String {
        let tag = cluster.ownershipTag
        return answers.aws[.describeInstances]?.answer == .allowed
            ? "no machine has the tag \(tag.key) = \(tag.value) to try it with"
            : "there was no machine to try it with, as ec2:DescribeInstances does not work"
    }

    func trial(_ mutation: EC2.Mutation, _ aws: AWSClient) async throws -> CheckResult {
        do throws(AWSError) {
            try await aws.ec2.dryRun(mutation)
            return .allowed
        } catch {
            return try Self.result(of: error)
        }
    }
}
