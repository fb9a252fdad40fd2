/// A list of demands on an item's fields, such as `spec.nodeName=a,status.phase!=Failed`.
struct FieldSelector: Sendable {
    private struct Demand: Sendable {
        let field: String
        let value: String
        let isNegated: Bool
    }

    private let demands: [Demand]

    /// Reads a selector.
    ///
    /// - Parameters:
    ///   - text: The query's value; nil or empty selects everything.
    ///   - fields: The fields that the resource can be selected by.
    /// - Throws: ``KubernetesStatus`` 400 for anything else, as an API server does.
    init(_ text: String?, fields: Set<String>) throws(KubernetesStatus) {
        var demands: [Demand] = []
        for part in (text ?? "").split(separator: ",") {
            guard let sign = part.firstIndex(of: "=") else {
                throw .badRequest("invalid selector: '\(part)'; can't understand '\(part)'")
            }
            let isNegated = part[..<sign].last == "!"
            let field = String(isNegated ? part[..<sign].dropLast() : part[..<sign])
            let rest = part[part.index(after: sign)...]
            guard fields.contains(field) else {
                throw .badRequest("field label not supported: \(field)")
            }
            demands.append(
                Demand(
                    field: field,
                    value: String(rest.first == "=" ? rest.dropFirst() : rest),
                    isNegated: isNegated
                )
            )
        }
        self.demands = demands
    }

    func selects(_ item: ListItem) -> Bool {
        demands.allSatisfy { (item.fields[$0.field] == $0.value) != $0.isNegated }
    }

    /// The value that a field must have; nil if it may have several.
    func value(of field: String) -> String? { demands.first { $0.field == field && !$0.isNegated }?.value }
}
