import AWS
import Bootstrap
import FoundationEssentials
import Preflight
import Store

extension AccountQuestions {
    /// As a machine would be replaced: from the cluster's template, or that of a machine there is.
    func tryLaunch(
        _ aws: AWSClient,
        _ machine: EC2.Instance,
        _ answers: inout PreflightAnswers
    ) async throws {
        let registered = cluster.launchTemplateID.map { EC2.LaunchTemplate(id: $0) }
        guard let template = registered ?? machine.launchTemplate else {
            let reason = "neither the cluster nor any of its machines has a launch template to try it with"
            answers.aws[.runInstances] = .unknown(reason)
            answers.aws[.createFleet] = .unknown(reason)
            return
        }
        let token = IdempotencyToken(job: name, step: "preflight", epoch: 0)
        var launch = EC2.RunInstances(
            template: template,
            instanceType: machine.type,
            subnetID: machine.subnetID,
            market: .onDemand,
            token: token
        )
        launch.tags = [cluster.ownershipTag]
        answers.aws[.runInstances] = try await launchTrial(
            .runInstances(launch),
            .runInstances,
            aws,
            &answers
        )
        let fleet = EC2.CreateFleet(
            template: template,
            overrides: [.init(instanceType: machine.type ?? "m5.large", subnetID: machine.subnetID)],
            market: .spot,
            tags: [cluster.ownershipTag],
            token: token
        )
        answers.aws[.createFleet] = try await launchTrial(.createFleet(fleet), .createFleet, aws, &answers)
    }

    /// A launch needs more than its own action: AWS names the one that it stopped at.
    private func launchTrial(
        _ mutation: EC2.Mutation,
        _ action: AWSAction,
        _ aws: AWSClient,
        _ answers: inout PreflightAnswers
    ) async throws -> CheckResult {
        let result = try await trial(mutation, aws)
        guard result.answer == .denied, let named = result.deniedAction, named != action else {
            return result
        }
        answers.aws[named] = result
        return .unknown("AWS stopped at \(named.rawValue), which a launch needs, too")
    }
}
