/// The parameters of a Query call.
struct QueryForm: Sendable {
    let values: [String: String]

    /// Reads a body of `application/x-www-form-urlencoded`.
    init(_ body: [UInt8]) {
        var values: [String: String] = [:]
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            values[Self.decoded(parts[0])] = parts.count > 1 ? Self.decoded(parts[1]) : ""
        }
        self.values = values
    }

    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    var action: String { self["Action"] ?? "" }
    var isDryRun: Bool { self["DryRun"] == "true" }

    func required(_ name: String) throws(AWSFault) -> String {
        guard let value = self[name] else { throw .missing(name) }
        return value
    }

    func int(_ name: String, in range: ClosedRange<Int>) throws(AWSFault) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else { throw .invalid(name, text) }
        return value
    }

    /// A list of texts, `Name.1` and so on.
    func list(_ name: String) -> [String] {
        var found: [String] = []
        while let value = values["\(name).\(found.count + 1)"] { found.append(value) }
        return found
    }

    /// The prefixes of a list of structures, `Name.1.` and so on, by a member that each has one of.
    func prefixes(_ name: String, with members: String...) -> [String] {
        var found: [String] = []
        while true {
            let prefix = "\(name).\(found.count + 1)."
            guard members.contains(where: { values[prefix + $0] != nil }) else { return found }
            found.append(prefix)
        }
    }

    /// The tags for a type of resource.
    func tags(for resource: String) -> [String: String] {
        var tags: [String: String] = [:]
        for prefix in prefixes("TagSpecification", with: "ResourceType")
        where self[prefix + "ResourceType"] == resource {
            for tag in prefixes(prefix + "Tag", with: "Key") {
                tags[values[tag + "Key"] ?? ""] = values[tag + "Value"] ?? ""
            }
        }
        return tags
    }

    /// The same for the same parameters.
    var fingerprint: String {
        values.sorted { $0.key < $1.key }.map {
            "\($0.key.utf8.count):\($0.key)=\($0.value.utf8.count):\($0.value)"
        }
        .joined()
    }

    private static func decoded(_ bytes: some Collection<UInt8>) -> String {
        var result: [UInt8] = []
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                result.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                result.append(code)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
