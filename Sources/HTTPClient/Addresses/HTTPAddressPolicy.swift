/// Which addresses a request may connect to.
///
/// The policy is applied to the address that is really connected to, after resolving, and again before a
/// pooled connection is used: a name that resolves differently the second time (DNS rebinding) gains nothing.
public enum HTTPAddressPolicy: Hashable, Sendable {
    /// Every address.
    case any
    /// Only addresses of the public internet: no loopback, private, link-local (cloud metadata), shared,
    /// multicast, documentation or otherwise reserved ones.
    ///
    /// Through a proxy the proxy decides what a name means, so then only a host that *is* an address is checked.
    case publicOnly

    /// Whether a connection to `address` is allowed.
    public func permits(_ address: IPAddress) -> Bool {
        switch self {
        case .any: true
        case .publicOnly: address.isPublic
        }
    }
}

extension IPAddress {
    /// Whether the address is one of the public internet.
    ///
    /// Sources: IANA's special-purpose registries for IPv4 and IPv6. IPv6 is an allow-list (`2000::/3` less the
    /// special blocks in it); a NAT64 address counts as the IPv4 address inside it; IPv4-mapped ones are refused.
    public var isPublic: Bool {
        if isIPv4 { return !Self.reservedIPv4.contains { isInside($0) } }
        if Self.nat64.contains(where: { isInside($0) }) {
            return IPAddress(bytes: Array(bytes.suffix(4)))?.isPublic ?? false
        }
        return Self.globalIPv6.contains { isInside($0) } && !Self.reservedIPv6.contains { isInside($0) }
    }

    private static let reservedIPv4: [IPBlock] = [
        "0.0.0.0/8",  // this network
        "10.0.0.0/8",  // private
        "100.64.0.0/10",  // carrier-grade NAT
        "127.0.0.0/8",  // loopback
        "168.63.129.16/32",  // Azure's host agent
        "169.254.0.0/16",  // link-local, with the metadata services
        "172.16.0.0/12",  // private
        "192.0.0.0/24",  // protocol assignments
        "192.0.2.0/24",  // documentation
        "192.88.99.0/24",  // 6to4 relays
        "192.168.0.0/16",  // private
        "198.18.0.0/15",  // benchmarks
        "198.51.100.0/24",  // documentation
        "203.0.113.0/24",  // documentation
        "224.0.0.0/4",  // multicast
        "240.0.0.0/4",  // reserved and broadcast
    ].compactMap(IPBlock.init)

    private static let globalIPv6: [IPBlock] = ["2000::/3"].compactMap(IPBlock.init)

    private static let nat64: [IPBlock] = ["64:ff9b::/96"].compactMap(IPBlock.init)

    private static let reservedIPv6: [IPBlock] = [
        "2001::/23",  // protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  // documentation
        "2002::/16",  // 6to4, which carries any IPv4 address
        "3fff::/20",  // documentation
    ].compactMap(IPBlock.init)
}
