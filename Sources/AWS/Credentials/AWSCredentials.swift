public import FoundationEssentials

/// An access key with its secret, which no description shows.
public struct AWSCredentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The public half of the key.
    public let accessKeyID: String
    /// The secret half; never for logs or errors.
    public let secretAccessKey: String
    /// What goes with a temporary key; as secret as the key.
    public let sessionToken: String?
    /// Until when the key is good; `nil` for one that is good until it is deleted.
    public let expiration: Date?

    /// Makes credentials.
    public init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiration: Date? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    /// Says only that there are credentials.
    public var description: String { "(credentials)" }

    /// Says only that there are credentials.
    public var debugDescription: String { description }

    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
