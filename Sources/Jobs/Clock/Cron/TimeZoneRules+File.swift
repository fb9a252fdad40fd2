extension TimeZoneRules {
    /// Reads a file of the database of time zones: RFC 9636, version 2 or later, without leap seconds.
    init?(file: [UInt8]) {
        var reader = Reader(bytes: file[...])
        // First all of it in 32 bits, for old programs.
        guard let old = reader.header(), old.version >= UInt8(ascii: "2"),
            reader.skip(old.size(ofTime: 4)), let counts = reader.header(), counts.leaps == 0
        else { return nil }
        guard let times = reader.integers(counts.times, bytes: 8), let kinds = reader.take(counts.times),
            let types = reader.take(counts.types * 6), reader.skip(counts.rest)
        else { return nil }
        let offsets = stride(from: types.startIndex, to: types.endIndex, by: 6).map { start in
            Reader.integer(types[start..<start + 4])
        }
        guard let first = offsets.first, kinds.allSatisfy({ Int($0) < offsets.count }) else { return nil }
        changes =
            [(from: .min, offset: first)] + zip(times, kinds).map { (from: $0, offset: offsets[Int($1)]) }
        let footer = reader.bytes.split(separator: UInt8(ascii: "\n")).first ?? []
        guard !footer.isEmpty else {
            future = nil
            return
        }
        guard let rule = FutureOffset(String(decoding: footer, as: UTF8.self)) else { return nil }
        future = rule
    }

    private struct Header {
        let version: UInt8
        let universal: Int
        let standard: Int
        let leaps: Int
        let times: Int
        let types: Int
        let letters: Int

        /// The bytes after the types.
        var rest: Int { letters + leaps * 12 + standard + universal }

        func size(ofTime bytes: Int) -> Int {
            times * (bytes + 1) + types * 6 + letters + leaps * (bytes + 4) + standard + universal
        }
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count >= 0, bytes.count >= count else { return nil }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }

        mutating func skip(_ count: Int) -> Bool { take(count) != nil }

        mutating func header() -> Header? {
            guard take(4).map(Array.init) == Array("TZif".utf8), let version = take(1)?.first, skip(15),
                let counts = integers(6, bytes: 4), counts.allSatisfy({ (0...100_000).contains($0) })
            else { return nil }
            let numbers = counts.map(Int.init)
            return Header(
                version: version,
                universal: numbers[0],
                standard: numbers[1],
                leaps: numbers[2],
                times: numbers[3],
                types: numbers[4],
                letters: numbers[5]
            )
        }

        mutating func integers(_ count: Int, bytes size: Int) -> [Int64]? {
            guard let taken = take(count * size) else { return nil }
            return stride(from: taken.startIndex, to: taken.endIndex, by: size).map {
                Self.integer(taken[$0..<$0 + size])
            }
        }

        /// Signed, the highest byte first.
        static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
            let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let unused = 64 - UInt64(bytes.count) * 8
            return Int64(bitPattern: value << unused) >> Int64(unused)
        }
    }
}
