/// EC2's filters: all of them must match, each by any of its values.
struct ResourceFilters: Sendable {
    private let filters: [(name: String, patterns: [String])]

    /// Reads the filters of a call.
    ///
    /// - Parameters:
    ///   - form: The call.
    ///   - names: The attributes that the resource can be filtered by; by tags every one can.
    /// - Throws: ``AWSFault`` for any other.
    init(_ form: QueryForm, names: Set<String>) throws(AWSFault) {
        var filters: [(String, [String])] = []
        for prefix in form.prefixes("Filter", with: "Name") {
            let name = form[prefix + "Name"] ?? ""
            guard names.contains(name) || name == "tag-key" || name.hasPrefix("tag:") else {
                throw AWSFault(code: "InvalidParameterValue", message: "The filter '\(name)' is invalid")
            }
            filters.append((name, form.list(prefix + "Value")))
        }
        self.filters = filters
    }

    func match(tags: [String: String] = [:], _ attribute: (String) -> [String]) -> Bool {
        filters.allSatisfy { filter in
            let values =
                switch filter.name {
                case "tag-key": Array(tags.keys)
                case let name where name.hasPrefix("tag:"):
                    tags[String(name.dropFirst(4))].map { [$0] } ?? []
                default: attribute(filter.name)
                }
            return filter.patterns.contains { pattern in
                values.contains { Self.matches(Array($0), Array(pattern)) }
            }
        }
    }

    /// `*` is any text, `?` any character, and `\` makes either stand for itself.
    static func matches(_ text: [Character], _ pattern: [Character]) -> Bool {
        var reached: Set = [0]
        var index = 0
        while index < pattern.count {
            var character = pattern[index]
            var isPlain = false
            if character == "\\", index + 1 < pattern.count {
                index += 1
                character = pattern[index]
                isPlain = true
            }
            index += 1
            if character == "*", !isPlain {
                guard let least = reached.min() else { return false }
                reached = Set(least...text.count)
            } else {
                reached = Set(
                    reached.filter {
                        $0 < text.count && ((character == "?" && !isPlain) || text[$0] == character)
                    }
                    .map { $0 + 1 }
                )
            }
        }
        return reached.contains(text.count)
    }
}
