/// A list of demands on labels by equality, such as `app=web,tier!=cache` or a bare key.
struct LabelSelector: Sendable {
    private struct Demand: Sendable {
        let key: String
        let value: String?
        let isNegated: Bool
    }

    private let demands: [Demand]

    /// Reads a selector.
    ///
    /// - Parameter text: The query's value; nil or empty selects everything.
    /// - Throws: ``KubernetesStatus`` 400 for demands by sets, which the sandbox does not know.
    init(_ text: String?) throws(KubernetesStatus) {
        guard text?.contains(where: "( )".contains) != true else {
            throw .badRequest("the sandbox selects by labels only with = and !=")
        }
        demands = (text ?? "").split(separator: ",").map { part in
            guard let sign = part.firstIndex(of: "=") else {
                return Demand(
                    key: String(part.first == "!" ? part.dropFirst() : part),
                    value: nil,
                    isNegated: part.first == "!"
                )
            }
            let isNegated = part[..<sign].last == "!"
            let rest = part[part.index(after: sign)...]
            return Demand(
                key: String(isNegated ? part[..<sign].dropLast() : part[..<sign]),
                value: String(rest.first == "=" ? rest.dropFirst() : rest),
                isNegated: isNegated
            )
        }
    }

    func selects(_ item: ListItem) -> Bool {
        demands.allSatisfy { demand in
            let found = item.labels[demand.key]
            return (demand.value.map { $0 == found } ?? (found != nil)) != demand.isNegated
        }
    }
}
