extension String {
    /// Escaped by RFC 3986 for a query, a form or a path's segment: all but the unreserved characters.
    var percentEncoded: String { percentEncoded(keepingSlashes: false) }

    /// Escaped for a whole path.
    var percentEncodedPath: String { percentEncoded(keepingSlashes: true) }

    private func percentEncoded(keepingSlashes: Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(utf8.count)
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            case UInt8(ascii: "/") where keepingSlashes:
                result.append(byte)
            default:
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
