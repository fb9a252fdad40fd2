/// An element of an answer.
struct XML: Sendable {
    let name: String
    private let content: Content

    private enum Content: Sendable {
        case text(String)
        case children([XML])
    }

    init(_ name: String, _ text: String) {
        self.name = name
        content = .text(text)
    }

    init(_ name: String, _ number: Int) { self.init(name, "\(number)") }

    init(_ name: String, _ isTrue: Bool) { self.init(name, isTrue ? "true" : "false") }

    init(_ name: String, _ children: [XML]) {
        self.name = name
        content = .children(children)
    }

    /// A list of structures: `<set><item>…</item></set>`.
    init(_ name: String, items: [[XML]], _ item: String = "item") {
        self.init(name, items.map { XML(item, $0) })
    }

    /// A list of texts.
    init(_ name: String, texts: [String], _ item: String = "item") {
        self.init(name, texts.map { XML(item, $0) })
    }

    /// EC2's tags.
    static func tags(_ tags: [String: String]) -> XML {
        XML(
            "tagSet",
            items: tags.sorted { $0.key < $1.key }.map { [XML("key", $0.key), XML("value", $0.value)] }
        )
    }

    /// The document with this element as its root, which is of a namespace.
    func document(namespace: String? = nil) -> String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        encode(into: &text, namespace.map { " xmlns=\"\($0)\"" } ?? "")
        return text
    }

    private func encode(into text: inout String, _ attributes: String = "") {
        text += "<\(name)\(attributes)>"
        switch content {
        case .text(let value):
            for character in value.unicodeScalars {
                switch character {
                case "&": text += "&amp;"
                case "<": text += "&lt;"
                case ">": text += "&gt;"
                case "\"": text += "&quot;"
                default: text.unicodeScalars.append(character)
                }
            }
        case .children(let children): for child in children { child.encode(into: &text) }
        }
        text += "</\(name)>"
    }
}
