// The names are those of the policy language.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// A policy, as IAM reads it.
struct PolicyDocument: Encodable {
    var Version = "2012-10-17"
    var Statement: [PolicyStatement]
}

/// What a policy allows.
struct PolicyStatement: Encodable {
    var Effect = "Allow"
    var Action: [String]
    var Resource: [String]?
    var NotResource: [String]?
    var Condition: [String: [String: String]]?

    init(
        Action: [String],
        Resource: [String]? = nil,
        NotResource: [String]? = nil,
        Condition: [String: [String: String]]? = nil
    ) {
        self.Action = Action
        self.Resource = Resource == nil && NotResource == nil ? ["*"] : Resource
        self.NotResource = NotResource
        self.Condition = Condition
    }
}
