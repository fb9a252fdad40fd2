import FoundationEssentials
import Store

/// The members of an object that somebody else wrote.
struct EventFields {
    private let members: [String: JSONValue]
    /// In front of the names in errors.
    private let path: String

    init(_ members: [String: JSONValue], path: String = "") {
        self.members = members
        self.path = path
    }

    /// All of them.
    var value: JSONValue { .object(members) }

    func has(_ name: String) -> Bool { members[name] != nil }

    /// Text; nil if it is absent, null or empty.
    func text(_ name: String, atMost limit: Int) throws(UnreadableMessage) -> String? {
        switch members[name] {
        case nil, .null?: return nil
        case .string(let text)?:
            guard text.utf8.count <= limit, !text.utf8.contains(0) else { throw wrong(name) }
            return text.isEmpty ? nil : text
        default: throw wrong(name)
        }
    }

    /// Text that must be there.
    func required(_ name: String, atMost limit: Int) throws(UnreadableMessage) -> String {
        guard let text = try text(name, atMost: limit) else { throw missing(name) }
        return text
    }

    /// An object; an empty one if it is absent.
    func object(_ name: String) throws(UnreadableMessage) -> EventFields {
        switch members[name] {
        case nil, .null?: return EventFields([:], path: "\(path)\(name).")
        case .object(let members)?: return EventFields(members, path: "\(path)\(name).")
        default: throw wrong(name)
        }
    }

    /// An array of objects; empty if it is absent.
    func objects(_ name: String) throws(UnreadableMessage) -> [EventFields] {
        switch members[name] {
        case nil, .null?: return []
        case .array(let values)?:
            var objects: [EventFields] = []
            for value in values {
                guard case .object(let members) = value else { throw wrong(name) }
                objects.append(EventFields(members, path: "\(path)\(name)[]."))
            }
            return objects
        default: throw wrong(name)
        }
    }

    /// A time in RFC 3339 that must be there, and be of the age of AWS.
    func time(_ name: String) throws(UnreadableMessage) -> Date {
        guard let date = Date(rfc3339: try required(name, atMost: 64)), EventTime.isPlausible(date) else {
            throw wrong(name)
        }
        return date
    }

    /// The id of an instance.
    func instance(_ name: String) throws(UnreadableMessage) -> String {
        let text = try required(name, atMost: 64)
        guard Self.isInstance(text) else { throw wrong(name) }
        return text
    }

    /// Whether a name can be that of an EC2 instance: `i-` and what EC2 may put behind it.
    static func isInstance(_ text: String) -> Bool {
        let rest = text.utf8.dropFirst(2)
        return text.hasPrefix("i-") && (1...32).contains(rest.count)
            && rest.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }

    /// Somebody else's word, short enough for a reason.
    static func shown(_ word: String) -> String {
        "'\(String(decoding: word.utf8.filter { (0x20...0x7E).contains($0) }.prefix(80), as: UTF8.self))'"
    }

    func wrong(_ name: String) -> UnreadableMessage {
        UnreadableMessage(.wrongField, "\(path)\(name) is not what it must be")
    }

    func missing(_ name: String) -> UnreadableMessage {
        UnreadableMessage(.wrongField, "\(path)\(name) is missing")
    }
}
