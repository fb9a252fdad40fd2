public import FoundationEssentials

/// A customer: whose clusters we watch, and how we may act in their AWS account.
public struct CustomerRecord: Sendable, Equatable {
    /// UUIDv7.
    public var id: UUID
    /// The company's name.
    public var companyName: String
    /// Whom to write to.
    public var email: String?
    /// The role we assume; nil while we only observe.
    public var awsRoleARN: String?
    /// The queue that brings spot warnings; nil while we only observe.
    public var sqsQueueURL: String?
    /// Twelve digits.
    public var awsAccountID: String?
    /// Made by us; the customer puts it into the role's trust policy.
    public var externalID: String
    /// `active` or `suspended`.
    public var status: String
    /// When it was registered.
    public var createdAt: Date
    /// When it last changed.
    public var updatedAt: Date

    /// Makes a new, active customer.
    public init(
        id: UUID = .version7(),
        companyName: String,
        email: String? = nil,
        awsRoleARN: String? = nil,
        sqsQueueURL: String? = nil,
        awsAccountID: String? = nil,
        externalID: String,
        status: String = "active",
        createdAt: Date = Date(),
        updatedAt: Date = Date()
    ) {
        self.id = id
        self.companyName = companyName
        self.email = email
        self.awsRoleARN = awsRoleARN
        self.sqsQueueURL = sqsQueueURL
        self.awsAccountID = awsAccountID
        self.externalID = externalID
        self.status = status
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
