extension EC2 {
    /// Which resources a list has; several filters must all match.
    public struct Filter: Hashable, Sendable {
        let name: String
        let values: [String]

        /// Matches any of the values exactly.
        ///
        /// EC2 takes `*` and `?` for wildcards, also where they are part of a cluster's name; here they stand
        /// for themselves.
        public init(_ name: String, _ values: [String]) {
            self.init(name, patterns: values.map(Self.escaped))
        }

        /// Matches any of the patterns, with `*` and `?` as wildcards and `\` before what stands for itself.
        public init(_ name: String, patterns: [String]) {
            self.name = name
            values = patterns
        }

        /// Resources with a tag of this value.
        public static func tag(_ key: String, _ value: String) -> Filter { Filter("tag:\(key)", [value]) }

        /// Resources with a tag of this key, whatever its value.
        public static func tagKey(_ key: String) -> Filter { Filter("tag-key", [key]) }

        /// Instances in any of these states.
        public static func states(_ states: [Instance.State]) -> Filter {
            Filter("instance-state-name", states.map(\.rawValue))
        }

        private static func escaped(_ value: String) -> String {
            String(value.flatMap { "*?\\".contains($0) ? ["\\", $0] : [$0] })
        }
    }
}

extension QueryParameters {
    mutating func set(_ filters: [EC2.Filter]) {
        set("Filter", filters) { parameters, prefix, filter in
            parameters.set("\(prefix)Name", filter.name)
            parameters.set("\(prefix)Value", filter.values)
        }
    }
}
