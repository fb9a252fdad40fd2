/// Why bytes are not JSON, or a value cannot be written as JSON.
public struct JSONError: Error, Sendable, Equatable {
    /// What is wrong.
    public enum Code: String, Sendable {
        /// It breaks RFC 8259, or is not UTF-8.
        case malformed
        /// Arrays and objects are nested more than ``JSONParser/maximumDepth`` deep.
        case tooDeep
        /// A number that 64 bits cannot hold even roughly, infinity, or none.
        case notANumber
    }

    /// What is wrong.
    public let code: Code
    /// The byte at which reading ended; 0 when writing.
    public let offset: Int

    init(code: Code, offset: Int = 0) {
        self.code = code
        self.offset = offset
    }

    /// Never: the same bytes are wrong again.
    public var isRetryable: Bool { false }
}
