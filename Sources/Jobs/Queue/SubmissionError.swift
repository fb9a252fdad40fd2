/// A submission that cannot be accepted as it is, and why.
public struct SubmissionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The field that is wrong, as the client wrote it.
    public let field: String
    /// What is wrong with it.
    public let message: String
    /// What it could be, where that can be listed.
    public let validValues: [String]

    /// Makes an error about one field.
    public init(field: String, message: String, validValues: [String] = []) {
        self.field = field
        self.message = message
        self.validValues = validValues
    }

    /// Field and message.
    public var description: String { "\(field): \(message)" }
}
