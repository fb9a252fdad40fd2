/// A bearer token, which no description shows.
public struct KubernetesToken: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The token itself, for the header of a request or for sealing; never for logs or errors.
    public let secret: String

    /// Takes a token; white space around it, such as a file's last line break, is dropped.
    public init(_ text: String) {
        secret = String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }

    /// Says only that there is a token.
    public var description: String { "(token)" }

    /// Says only that there is a token.
    public var debugDescription: String { description }

    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
