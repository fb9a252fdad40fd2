/// What EKS calls things.
public enum EKSName {
    /// Whether a cluster of EKS may be called this: up to 100 letters, digits, `-` and `_`, beginning with a letter or digit.
    ///
    /// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
    public static func isCluster(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 100 else { return false }
        return isPlain(first) && name.utf8.allSatisfy { isPlain($0) || "-_".utf8.contains($0) }
    }

    /// Whether a host is an API server that EKS runs in a region.
    ///
    /// Tokens that anybody else could use must be sent nowhere else. Names are `ID.xyz.REGION.eks.amazonaws.com`, and
    /// `ID.xyz.REGION.api.aws` for clusters with IPv6; under the latter's domain are also names that customers' own
    /// services get, so that the number and length of its parts matter.
    public static func isAPIServer(_ host: String, in region: AWSRegion) -> Bool {
        let host = host.lowercased()
        let own = region.partition == .china ? "api.amazonwebservices.com.cn" : "api.aws"
        for (suffix, isShared) in [("eks.\(region.partition.domain)", false), (own, true)] {
            let ending = ".\(region.name).\(suffix)"
            guard host.hasSuffix(ending) else { continue }
            let labels = host.dropLast(ending.utf8.count).split(
                separator: ".",
                omittingEmptySubsequences: false
            )
            guard labels.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { isPlain($0) || $0 == 0x2D } })
            else {
                return false
            }
            return isShared
                ? labels.count == 2 && labels[0].utf8.count == 32 && labels[1].utf8.count == 3
                : (1...2).contains(labels.count)
        }
        return false
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
