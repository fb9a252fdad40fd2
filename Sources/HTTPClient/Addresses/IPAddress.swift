internal import Glibc

/// An IPv4 or IPv6 address, by its bytes in network order.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four bytes for IPv4, sixteen for IPv6.
    public let bytes: [UInt8]

    /// Whether this is an IPv4 address.
    public var isIPv4: Bool { bytes.count == 4 }

    /// Makes an address of 4 or 16 bytes; `nil` for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads dotted IPv4 (`192.0.2.1`, four decimal parts) or IPv6 text, the latter also in square brackets.
    ///
    /// - Parameter text: The address; a zone (`fe80::1%eth0`) or a prefix length is refused.
    public init?(_ text: String) {
        var text = Substring(text)
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        var storage = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, String(text), &storage) == 1 {
            bytes = Array(storage.prefix(4))
        } else if inet_pton(AF_INET6, String(text), &storage) == 1 {
            bytes = storage
        } else {
            return nil
        }
    }

    /// The address in its usual text form.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
            return "?"
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether the address lies in a block such as `10.0.0.0/8`.
    package func isInside(_ block: IPBlock) -> Bool {
        guard block.base.bytes.count == bytes.count else { return false }
        var bits = block.prefixLength
        for (own, base) in zip(bytes, block.base.bytes) {
            guard bits > 0 else { return true }
            let mask: UInt8 = bits >= 8 ? 0xFF : ~(0xFF >> UInt8(bits))
            guard own & mask == base & mask else { return false }
            bits -= 8
        }
        return true
    }
}

/// A block of addresses: all that share the first bits of a base address.
package struct IPBlock: Hashable, Sendable {
    package let base: IPAddress
    package let prefixLength: Int

    /// Reads `address/length`, as in `fc00::/7`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...base.bytes.count * 8).contains(length)
        else { return nil }
        self.base = base
        prefixLength = length
    }
}
