internal import FoundationEssentials

/// What a session may do at most: what the role allows, and of that only this.
///
/// A mistake in one kind of job then can't do what another kind is for. Sessions are good in one region.
public struct SessionPolicy: Hashable, Sendable {
    /// What a job is about to do.
    public enum Purpose: Hashable, Sendable {
        /// Look.
        case readOnly
        /// Sign in to clusters: STS tells them who we are, and no more.
        case clusterSignIn
        /// Take messages from a queue.
        case queueIntake(queueARN: String)
        /// Replace instances that are interrupted.
        case interruptionHandling
        /// Terminate machines that belong to no node any more, and what is left of them.
        case ghostTermination
    }

    /// As sent to STS, which takes up to 2048 characters.
    public let document: String

    /// Makes the policy for a purpose.
    ///
    /// - Parameters:
    ///   - purpose: What the session is for.
    ///   - region: Where it may act.
    ///   - clusterTag: The tag without which nothing is launched, tagged or terminated, as in
    ///     `kubernetes.io/cluster/shop` = `owned`.
    /// - Throws: ``AWSError`` with code `invalidRequest` if a parameter would be read as a pattern or
    ///   variable.
    public init(
        _ purpose: Purpose,
        region: AWSRegion,
        clusterTag: AWSTag
    ) throws(AWSError) {
        var texts = [clusterTag.key, clusterTag.value]
        if case .queueIntake(let arn) = purpose { texts.append(arn) }
        guard texts.allSatisfy({ !$0.isEmpty && !$0.contains(where: "*?$".contains) }) else {
            throw AWSError(.invalidRequest, "the cluster's tag or the queue cannot be part of a policy")
        }
        let builder = PolicyBuilder(region: region, tag: clusterTag)
        let statements =
            switch purpose {
            case .readOnly: [builder.reading]
            case .clusterSignIn: [PolicyStatement(Action: ["sts:GetCallerIdentity"])]
            case .queueIntake(let arn): builder.intake(arn)
            case .interruptionHandling:
                [builder.reading] + builder.launching + [builder.terminating]
            case .ghostTermination:
                [builder.reading, builder.terminating] + builder.cleaning
            }
        let policy = PolicyDocument(Statement: statements)
        let encoder = JSONEncoder()
        // The same policy is the same text: sessions are kept by it.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(policy), data.count <= 2048 else {
            throw AWSError(.invalidRequest, "the session's policy is too long")
        }
        document = String(decoding: data, as: UTF8.self)
    }
}
