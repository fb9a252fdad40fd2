/// The name of a role, as in `arn:aws:iam::123456789012:role/cloudoptim`.
public struct RoleARN: Hashable, Sendable, CustomStringConvertible {
    /// The whole name.
    public let text: String
    /// The partition of its account.
    public let partition: AWSPartition
    /// Its account: twelve digits.
    public let account: String

    /// Checks a name; `nil` for what is no role's.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", let partition = AWSPartition(rawValue: String(parts[1])),
            parts[2] == "iam", parts[3].isEmpty, Self.isAccount(parts[4]), parts[5].hasPrefix("role/"),
            parts[5].utf8.count > 5, text.utf8.count <= 2048,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
        self.partition = partition
        account = String(parts[4])
    }

    /// The whole name.
    public var description: String { text }

    static func isAccount(_ text: Substring) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
