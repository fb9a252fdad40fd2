import Store

/// What one parameter of a job type may be.
public struct ParameterRule: Sendable {
    /// The values that are valid.
    public enum Kind: Sendable {
        /// A whole number in a range.
        case integer(ClosedRange<Int64>)
        /// One of some words.
        case oneOf([String])
        /// Text that is not empty.
        case text(maximumLength: Int)
        /// true or false.
        case flag
        /// The name of an object in Kubernetes, so that it can be put into a path as it is.
        case objectName
    }

    /// Its name in `parameters`.
    public let name: String
    /// What it may be.
    public let kind: Kind
    /// Whether it must be there.
    public let isRequired: Bool

    init(_ name: String, _ kind: Kind, isRequired: Bool = false) {
        self.name = name
        self.kind = kind
        self.isRequired = isRequired
    }

    /// Checks parameters against rules.
    ///
    /// - Parameters:
    ///   - parameters: What was sent.
    ///   - rules: What the type takes.
    /// - Throws: ``SubmissionError`` naming the first field that is wrong.
    static func check(_ parameters: [String: JSONValue], against rules: [ParameterRule])
        throws(SubmissionError)
    {
        // Sorted only when there is something to say: nearly all are known.
        if let unknown = parameters.keys.filter({ name in !rules.contains { $0.name == name } }).min() {
            let names = rules.map(\.name)
            throw SubmissionError(
                field: "parameters.\(unknown)",
                message: names.isEmpty
                    ? "is not known: this type takes no parameters" : "is not a parameter of this type",
                validValues: names
            )
        }
        for rule in rules {
            guard let value = parameters[rule.name] else {
                guard rule.isRequired else { continue }
                throw SubmissionError(
                    field: "parameters.\(rule.name)",
                    message: "is required",
                    validValues: []
                )
            }
            try rule.check(value)
        }
    }

    private func check(_ value: JSONValue) throws(SubmissionError) {
        switch (kind, value) {
        case (.integer(let range), .integer(let number)) where range.contains(number): return
        case (.oneOf(let words), .string(let word)) where words.contains(word): return
        case (.text(let maximum), .string(let text))
        where !text.isEmpty && text.utf8.count <= maximum && !text.utf8.contains(0):
            return
        case (.flag, .bool): return
        case (.objectName, .string(let text)) where Self.isObjectName(text): return
        default:
            throw SubmissionError(
                field: "parameters.\(name)",
                message: "must be \(expectation)",
                validValues: words
            )
        }
    }

    /// By RFC 1123, as Kubernetes has it for names of nodes, namespaces and workloads.
    private static func isObjectName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            label in
            guard let first = label.first, let last = label.last else { return false }
            return first != UInt8(ascii: "-") && last != UInt8(ascii: "-") && label.allSatisfy(isOfName)
        }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private var expectation: String {
        switch kind {
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .oneOf(let words): "one of \(words.joined(separator: ", "))"
        case .text(let maximum): "text of 1 to \(maximum) bytes without the character NUL"
        case .flag: "true or false"
        case .objectName: "a name of a-z, 0-9, - and ., up to 253, as Kubernetes takes it"
        }
    }

    private var words: [String] {
        guard case .oneOf(let words) = kind else { return [] }
        return words
    }
}
