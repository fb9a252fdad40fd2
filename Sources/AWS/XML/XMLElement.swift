internal import FoundationEssentials

/// An element of an answer: its text, or its children.
package struct XMLElement: Sendable, Equatable {
    /// Without a namespace's prefix.
    package let name: String
    /// The text directly in it.
    package internal(set) var text: String
    /// In document order.
    package internal(set) var children: [XMLElement]

    package init(name: String, text: String = "", children: [XMLElement] = []) {
        self.name = name
        self.text = text
        self.children = children
    }

    /// The first child of a name.
    package func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The members of a list: `<set><item>..</item></set>`; none when there's no such list.
    func items(_ set: String, _ item: String = "item") -> [XMLElement] {
        child(set)?.children.filter { $0.name == item } ?? []
    }

    /// A list of texts.
    func strings(_ set: String, _ item: String = "item") -> [String] { items(set, item).map(\.text) }

    /// The text of a child; an empty one counts as missing, as AWS sends both.
    func string(_ name: String) -> String? { child(name).flatMap { $0.text.isEmpty ? nil : $0.text } }

    /// The text of a child that must be there.
    func required(_ name: String) throws(AWSError) -> String {
        guard let text = string(name) else { throw missing(name) }
        return text
    }

    /// A whole number.
    func int(_ name: String) throws(AWSError) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text) else { throw unreadable(name) }
        return value
    }

    /// `true` or `false`.
    func bool(_ name: String) throws(AWSError) -> Bool? {
        guard let text = string(name) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw unreadable(name)
        }
    }

    /// A time in UTC.
    func date(_ name: String) throws(AWSError) -> Date? {
        guard let text = string(name) else { return nil }
        guard let value = Date(awsTimestamp: text) else { throw unreadable(name) }
        return value
    }

    /// Reads each member of a list.
    func map<Value>(
        _ set: String,
        _ item: String = "item",
        _ read: (XMLElement) throws(AWSError) -> Value
    ) throws(AWSError) -> [Value] {
        var values: [Value] = []
        for element in items(set, item) { values.append(try read(element)) }
        return values
    }

    private func missing(_ child: String) -> AWSError {
        AWSError(.invalidResponse, "the answer has no \(child) in \(name)", mayHaveHappened: true)
    }

    private func unreadable(_ child: String) -> AWSError {
        AWSError(
            .invalidResponse,
            "the answer's \(child) in \(name) cannot be read",
            mayHaveHappened: true
        )
    }
}
