/// An environment variable that cannot be used.
public struct SettingError: Error, CustomStringConvertible, Equatable {
    /// Which.
    public let key: SettingKey
    /// What it says; nil if it is not set, or secret.
    public let value: String?
    /// What would be valid.
    public let expected: String

    /// Makes an error; the value of a secret key is dropped.
    public init(_ key: SettingKey, value: String?, expected: String) {
        self.key = key
        self.value = key.isSecret ? nil : value
        self.expected = expected
    }

    /// One sentence for the operator.
    public var description: String {
        let shown = value.map { " is '\($0)', but" } ?? (key.isSecret ? " (its value is not shown)" : "")
        return "\(key.rawValue)\(shown) must be \(expected)"
    }
}
