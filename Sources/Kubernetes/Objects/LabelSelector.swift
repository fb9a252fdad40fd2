/// Which labels an object must have.
public struct LabelSelector: Hashable, Sendable, Decodable {
    /// Labels with their values, all of which must be there.
    public var matchLabels: [String: String]?
    /// Further requirements, all of which must hold.
    public var matchExpressions: [Requirement]?

    /// One requirement.
    public struct Requirement: Hashable, Sendable, Decodable {
        /// The label.
        public var key: String
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        public var `operator`: String
        /// The values of `In` and `NotIn`.
        public var values: [String]?

        /// Makes a requirement.
        public init(key: String, operator: String, values: [String]? = nil) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }

        /// Whether labels meet it; `NotIn` and `DoesNotExist` hold where the label is absent.
        func isMet(by labels: [String: String]) -> Bool {
            let value = labels[key]
            switch `operator` {
            case "In": return value.map { (values ?? []).contains($0) } ?? false
            case "NotIn": return value.map { !(values ?? []).contains($0) } ?? true
            case "Exists": return value != nil
            case "DoesNotExist": return value == nil
            default: return false
            }
        }
    }

    /// Makes a selector.
    public init(matchLabels: [String: String]? = nil, matchExpressions: [Requirement]? = nil) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// Whether it requires nothing; what that means depends on whose selector it is.
    public var isEmpty: Bool { (matchLabels ?? [:]).isEmpty && (matchExpressions ?? []).isEmpty }

    /// Whether labels meet every requirement.
    public func matches(_ labels: [String: String]) -> Bool {
        (matchLabels ?? [:]).allSatisfy { labels[$0.key] == $0.value }
            && (matchExpressions ?? []).allSatisfy { $0.isMet(by: labels) }
    }
}
