extension Quantity {
    /// Reads an amount: a sign, digits with or without a point, and a suffix.
    ///
    /// Suffixes are `n u m k M G T P E` (powers of ten), `Ki Mi Gi Ti Pi Ei` (powers of 1024), or an exponent
    /// (`e3`, `E-3`). A lone `E` is 10^18.
    ///
    /// - Returns: `nil` for anything else, such as `1K`, `5 Gi`, `1.5.2`, `e3` or an empty text.
    public init?(_ text: String) {
        var rest = Substring(text).utf8
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            isNegative = sign == UInt8(ascii: "-")
            rest.removeFirst()
        }
        let whole = Self.takeDigits(&rest)
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = Self.takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty, let scale = Scale(Substring(rest)) else { return nil }
        let magnitude = scale.nanos(
            whole: whole,
            fraction: fraction,
            limit: UInt128(Int64.max) * 1_000_000_000
        )
        self.init(nanos: isNegative ? -Int128(magnitude) : Int128(magnitude))
    }

    private static func takeDigits(_ rest: inout Substring.UTF8View) -> Substring.UTF8View {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        return digits
    }

    /// What a suffix multiplies by, counted in billionths: `multiplier / divisor`.
    private struct Scale {
        var multiplier: UInt128 = 1
        var divisor: UInt128 = 1
        /// The exponent is beyond what any number of digits kept here could balance.
        var isHuge = false
        var isTiny = false

        init?(_ suffix: Substring) {
            let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
            if let index = binary.firstIndex(where: { $0 == suffix }) {
                multiplier = 1_000_000_000 << UInt128(10 * (index + 1))
                return
            }
            let decimal: [Substring: Int] = [
                "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
            ]
            if let power = decimal[suffix] {
                setPower(power)
                return
            }
            guard let first = suffix.first, first == "e" || first == "E" else { return nil }
            var digits = suffix.dropFirst()
            let isNegative = digits.first == "-"
            if isNegative || digits.first == "+" { digits.removeFirst() }
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let power = min(Int(digits) ?? 1000, 1000)
            setPower(isNegative ? -power : power)
        }

        private mutating func setPower(_ power: Int) {
            let power = power + 9
            isHuge = power > 38
            isTiny = power < -38
            guard !isHuge, !isTiny else { return }
            if power >= 0 { multiplier = Self.powerOfTen(power) } else { divisor = Self.powerOfTen(-power) }
        }

        /// Rounds up, and stops at the limit.
        func nanos(whole: Substring.UTF8View, fraction: Substring.UTF8View, limit: UInt128) -> UInt128 {
            let whole = whole.drop { $0 == 0x30 }
            let kept = fraction.prefix(38)
            var isInexact = fraction.dropFirst(38).contains { $0 != 0x30 }
            let wholeValue = Self.value(whole.prefix(38))
            let fractionValue = Self.value(kept)
            guard wholeValue > 0 || fractionValue > 0 || isInexact else { return 0 }
            if isHuge || whole.count > 38 { return limit }
            if isTiny { return 1 }
            let (wholePart, overflow) = wholeValue.multipliedReportingOverflow(by: multiplier)
            if overflow { return limit }
            let (wholeQuotient, wholeRemainder) = wholePart.quotientAndRemainder(dividingBy: divisor)
            isInexact = isInexact || wholeRemainder > 0
            var result = wholeQuotient
            if divisor > 1 {
                isInexact = isInexact || fractionValue > 0
            } else {
                // The fraction is less than its power of ten, so the quotient fits.
                let product = fractionValue.multipliedFullWidth(by: multiplier)
                let (quotient, remainder) = Self.powerOfTen(kept.count).dividingFullWidth(product)
                isInexact = isInexact || remainder > 0
                let (sum, overflow) = result.addingReportingOverflow(quotient)
                if overflow { return limit }
                result = sum
            }
            return min(limit, result) + (isInexact && result < limit ? 1 : 0)
        }

        private static func value(_ digits: Substring.UTF8View) -> UInt128 {
            digits.reduce(0) { $0 * 10 + UInt128($1 - 0x30) }
        }

        private static func powerOfTen(_ power: Int) -> UInt128 {
            (0..<power).reduce(1) { value, _ in value * 10 }
        }
    }
}
