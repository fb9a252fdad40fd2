import FoundationEssentials
import Store

/// Rows for people as an aligned table, for scripts as JSON.
struct Table {
    let columns: [String]
    private(set) var rows: [[JSONValue]] = []

    init(_ columns: String...) {
        self.columns = columns
    }

    init(columns: [String]) {
        self.columns = columns
    }

    mutating func add(_ values: JSONValue...) {
        rows.append(values)
    }

    mutating func add(row: [JSONValue]) {
        rows.append(row)
    }

    /// Prints all rows.
    func print(asJSON: Bool) throws {
        guard asJSON else { return Terminal.print(text) }
        let objects = rows.map { row in
            JSONValue.object(Dictionary(zip(columns, row), uniquingKeysWith: { $1 }))
        }
        Terminal.print(String(decoding: try JSONValue.array(objects).serialized(), as: UTF8.self))
    }

    var text: String {
        let cells = [columns.map { $0.uppercased() }] + rows.map { $0.map(\.cell) }
        let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let padded = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

extension JSONValue {
    /// As a table shows it.
    var cell: String {
        switch self {
        case .null: "-"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): String(value)
        case .number(let value): String((value * 1000).rounded() / 1000)
        case .string(let value): value
        case .array(let values): values.map(\.cell).joined(separator: ",")
        // Only a number JSON cannot hold fails, and tables hold none.
        case .object: (try? serialized()).map { String(decoding: $0, as: UTF8.self) } ?? "?"
        }
    }

    /// A text, or null.
    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    /// A whole number.
    static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }
    /// Seconds, or null.
    static func seconds(_ duration: Duration?) -> JSONValue { duration.map { .number($0.seconds) } ?? .null }
    /// A time, or null.
    static func time(_ date: Date?) -> JSONValue {
        date.map { .string($0.rfc3339) } ?? .null
    }
}
