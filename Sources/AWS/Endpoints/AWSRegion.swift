/// A group of regions with accounts, names and endpoints of its own.
public enum AWSPartition: String, Sendable, CaseIterable {
    /// The public regions.
    case aws
    /// China.
    case china = "aws-cn"
    /// The United States' government.
    case usGovernment = "aws-us-gov"

    /// What the names of endpoints end with.
    public var domain: String { self == .china ? "amazonaws.com.cn" : "amazonaws.com" }
}

/// A region, as in `eu-central-1`.
public struct AWSRegion: Hashable, Sendable, CustomStringConvertible {
    /// Its name.
    public let name: String

    /// The partition it belongs to.
    public var partition: AWSPartition {
        if name.hasPrefix("cn-") { return .china }
        return name.hasPrefix("us-gov-") ? .usGovernment : .aws
    }

    /// Checks a region's name, which becomes part of hosts' names.
    ///
    /// - Returns: `nil` for what is no region of the three partitions. Whether it exists is not checked.
    public init?(_ name: String) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        let isWord: (Substring) -> Bool = { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) }
        }
        guard parts.count >= 3, parts.count <= 4, name.utf8.count <= 32, parts.dropLast().allSatisfy(isWord),
            let number = parts.last, (1...2).contains(number.utf8.count),
            number.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            // The isolated partitions have other domains.
            !["iso", "isob", "isoe", "isof"].contains(String(parts[1])), parts[0] != "eusc"
        else { return nil }
        self.name = name
    }

    /// Its name.
    public var description: String { name }
}
