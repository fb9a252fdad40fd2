/// A tag of a resource.
public struct AWSTag: Hashable, Sendable {
    /// As in `kubernetes.io/cluster/shop`.
    public let key: String
    /// As in `owned`; may be empty.
    public let value: String

    /// Makes a tag.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

extension XMLElement {
    /// The tags of EC2's `tagSet`, by key.
    var tags: [String: String] {
        var tags: [String: String] = [:]
        for item in items("tagSet") {
            if let key = item.string("key") { tags[key] = item.string("value") ?? "" }
        }
        return tags
    }
}

extension QueryParameters {
    /// Tags for the resources that a call makes.
    mutating func set(_ tags: [AWSTag], for resourceTypes: [String]) {
        guard !tags.isEmpty else { return }
        set("TagSpecification", resourceTypes) { parameters, prefix, type in
            parameters.set("\(prefix)ResourceType", type)
            parameters.set("\(prefix)Tag", tags) { parameters, prefix, tag in
                parameters.set("\(prefix)Key", tag.key)
                parameters.set("\(prefix)Value", tag.value)
            }
        }
    }
}
