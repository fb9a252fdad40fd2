import FoundationEssentials
public import Logging
import Store

/// Writes one JSON object a line to standard output: `time`, `level`, `message`, `logger`, then the metadata.
///
/// Lines up to `notice` are gathered for a few milliseconds at most, and ``flush()`` writes what was; a `warning` and
/// what is worse is written, behind all before it, when the call returns.
public struct JSONLogHandler: LogHandler {
    /// The least level that is written.
    public var logLevel: Logger.Level
    /// What every line of this logger carries.
    public var metadata: Logger.Metadata = [:]
    private let label: String

    /// - Parameters:
    ///   - label: The process's name.
    ///   - level: The least level that is written.
    public init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    /// Writes what has gathered: for the end of a process.
    public static func flush() {
        LogOutput.standard.flush()
    }

    /// One value of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        LogOutput.standard.write(line(of: event, at: Date()), isUrgent: event.level >= .warning)
    }

    func line(of event: LogEvent, at time: Date) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("time")
        writer.time(time)
        writer.name("level")
        writer.string(event.level.rawValue)
        writer.name("message")
        writer.string(event.message.description)
        writer.name("logger")
        writer.string(label)
        for (key, value) in members(with: event.metadata ?? [:]) {
            writer.name(key)
            if case .string(let text) = value {
                writer.string(text)
            } else {
                writer.string(value.description)
            }
        }
        writer.endObject()
        return writer.bytes
    }

    /// The logger's metadata and the event's, which wins, in the order of their names.
    private func members(
        with own: Logger.Metadata
    ) -> [(key: String, value: Logger.Metadata.Value)] {
        var members: [(key: String, value: Logger.Metadata.Value)] = []
        members.reserveCapacity(metadata.count + own.count)
        for member in metadata where own.isEmpty || own[member.key] == nil { members.append(member) }
        members.append(contentsOf: own)
        members.sort { $0.key < $1.key }
        return members
    }
}
