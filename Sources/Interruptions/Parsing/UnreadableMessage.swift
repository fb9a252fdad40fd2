/// A message that says nothing we could act upon: kept with the reason, and deleted.
public struct UnreadableMessage: Error, Equatable, CustomStringConvertible {
    /// What is wrong with it.
    public enum Code: String, Sendable {
        /// It is longer than any message of AWS's.
        case tooLarge = "too_large"
        /// It is no JSON object.
        case notJSON = "not_json"
        /// It is JSON, and no event.
        case notAnEvent = "not_an_event"
        /// It is an event, and a field is missing or wrong.
        case wrongField = "wrong_field"
    }

    /// What is wrong with it.
    public let code: Code
    /// A sentence for people; never holds what the message says.
    public let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

/// What a message says.
public enum ParsedMessage: Sendable, Equatable {
    /// Something about machines: at least one.
    case events([InterruptionEvent])
    /// Something that is none of our business, and what.
    case ignored(reason: String)
}
