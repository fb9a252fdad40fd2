/// A command with its arguments.
public struct RedisCommand: Equatable, Sendable {
    /// The command's name, such as `SET`.
    public let name: String

    /// The arguments, in order.
    public let arguments: [RedisArgument]

    /// Makes a command.
    ///
    /// - Parameters:
    ///   - name: The command's name, such as `SET`. A sub-command is an argument.
    ///   - arguments: The arguments, in order.
    public init(_ name: String, _ arguments: [RedisArgument] = []) {
        self.name = name
        self.arguments = arguments
    }

    /// Makes a command of arguments written one after the other.
    ///
    /// - Parameters:
    ///   - name: The command's name, such as `SET`.
    ///   - first: The first argument.
    ///   - rest: Those after it.
    public init(_ name: String, _ first: RedisArgument, _ rest: RedisArgument...) {
        self.name = name
        arguments = [first] + rest
    }
}

extension RedisCommand: CustomStringConvertible {
    /// The name and the number of arguments.
    public var description: String { "\(name) (\(arguments.count) arguments)" }
}
