// The names are those of the policy language.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// One statement of a policy, as IAM reads it.
public struct IAMStatement: Codable, Sendable, Hashable {
    /// Its name in the policy.
    public var Sid: String
    /// `Allow` or `Deny`.
    public var Effect = "Allow"
    /// Who; only in policies of roles and queues.
    public var Principal: [String: String]?
    /// What.
    public var Action: [String]
    /// On what; not in policies of roles.
    public var Resource: [String]?
    /// Under which conditions.
    public var Condition: [String: [String: [String]]]?

    init(
        _ sid: String,
        _ actions: [AWSAction],
        on resources: [String],
        if condition: [String: [String: [String]]]? = nil
    ) {
        Sid = sid
        Action = actions.map(\.rawValue)
        Resource = resources
        Condition = condition
    }

    init(
        _ sid: String,
        principal: [String: String],
        _ actions: [String],
        on resources: [String]?,
        if condition: [String: [String: [String]]]
    ) {
        Sid = sid
        Principal = principal
        Action = actions
        Resource = resources
        Condition = condition
    }
}

/// A policy, as IAM reads it.
public struct IAMDocument: Codable, Sendable, Hashable {
    /// Of the policy language.
    public var Version = "2012-10-17"
    /// What it says.
    public var Statement: [IAMStatement]
}
