import FoundationEssentials
import Store

/// What was measured, in the order it is shown; groups hold figures of one kind.
struct BenchReport {
    private enum Entry {
        case figure(Double, unit: String)
        case text(String)
        case group([(name: String, value: Double)], unit: String)
    }

    private var entries: [(key: String, entry: Entry)] = []

    /// Notes one figure; nothing if it was not measured.
    mutating func add(_ key: String, _ value: Double?, unit: String) {
        guard let value else { return }
        entries.append((key, .figure(value, unit: unit)))
    }

    /// Notes what a figure depends on.
    mutating func add(_ key: String, _ text: String) {
        entries.append((key, .text(text)))
    }

    /// Notes figures that belong together.
    mutating func add(_ key: String, unit: String, _ values: [(name: String, value: Double?)]) {
        let known = values.compactMap { name, value in value.map { (name: name, value: $0) } }
        guard !known.isEmpty else { return }
        entries.append((key, .group(known, unit: unit)))
    }

    /// One object, for programs.
    var json: JSONValue {
        .object(
            Dictionary(
                entries.map { key, entry in
                    switch entry {
                    case .figure(let value, _): (key, Self.number(value))
                    case .text(let text): (key, .string(text))
                    case .group(let values, _):
                        (
                            key,
                            .object(
                                Dictionary(
                                    values.map { ($0.name, Self.number($0.value)) },
                                    uniquingKeysWith: { $1 }
                                )
                            )
                        )
                    }
                },
                uniquingKeysWith: { $1 }
            )
        )
    }

    /// Aligned rows, for people.
    var table: String {
        let rows = entries.map { key, entry in
            switch entry {
            case .figure(let value, let unit): (key, "\(Self.text(value)) \(unit)")
            case .text(let text): (key, text)
            case .group(let values, let unit):
                (key, values.map { "\($0.name) \(Self.text($0.value))" }.joined(separator: "  ") + " \(unit)")
            }
        }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { key, value in
            key + String(repeating: " ", count: width - key.count + 2) + value
        }.joined(separator: "\n")
    }

    /// Whole from 100 on, else two decimals: what is behind that is noise.
    private static func rounded(_ value: Double) -> Double {
        abs(value) >= 100 ? value.rounded() : (value * 100).rounded() / 100
    }

    private static func number(_ value: Double) -> JSONValue {
        let value = rounded(value)
        return Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
    }

    private static func text(_ value: Double) -> String {
        let value = rounded(value)
        return Int64(exactly: value).map { String($0) } ?? String(value)
    }
}
