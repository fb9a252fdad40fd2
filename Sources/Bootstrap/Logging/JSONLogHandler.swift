import FoundationEssentials
public import Logging
import Store
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Writes one JSON object a line to standard output: `time`, `level`, `message`, `logger`, then the metadata.
public struct JSONLogHandler: LogHandler {
    /// The least level that is written.
    public var logLevel: Logger.Level
    /// What every line of this logger carries.
    public var metadata: Logger.Metadata = [:]
    private let label: String
    /// Lines of several threads must not mix.
    private static let output = Mutex(())

    /// - Parameters:
    ///   - label: The process's name.
    ///   - level: The least level that is written.
    public init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    /// One value of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        var line = "{\"time\":\""
        line += Date().rfc3339
        line += "\",\"level\":\"\(event.level.rawValue)\",\"message\":"
        Self.append(event.message.description, to: &line)
        line += ",\"logger\":"
        Self.append(label, to: &line)
        let merged = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) {
            line += ","
            Self.append(key, to: &line)
            line += ":"
            Self.append(value.description, to: &line)
        }
        line += "}\n"
        Self.write(line)
    }

    private static func write(_ line: String) {
        output.withLock { _ in
            var bytes = Array(line.utf8)[...]
            while !bytes.isEmpty {
                let written = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                guard written > 0 else { return }
                bytes = bytes.dropFirst(written)
            }
        }
    }

    private static func append(_ text: String, to line: inout String) {
        line += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }
}
