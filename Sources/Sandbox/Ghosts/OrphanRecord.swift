/// A machine or a disk that was made to serve nobody, and what was done to it, as AWS sees it.
struct OrphanRecord: Sendable {
    /// Something that happened.
    struct Entry: Sendable {
        /// Seconds since 1970.
        let time: Double
        /// As in `tagged`.
        let what: String
        let details: [(String, JSON)]
    }

    /// So many entries are kept.
    static let limit = 200

    /// The machine's or the disk's.
    let id: String
    let madeAt: Double
    /// What is true of it for good.
    let facts: [(String, JSON)]
    /// As they are, or were when it went.
    private(set) var tags: [String: String]
    private(set) var entries: [Entry] = []
    /// The calls that asked for its end and were answered so, as in `TerminateInstances`; trials are not among them.
    private(set) var endings: [String] = []

    init(id: String, madeAt: Double, facts: [(String, JSON)], tags: [String: String]) {
        self.id = id
        self.madeAt = madeAt
        self.facts = facts
        self.tags = tags
        add("made", at: madeAt)
    }

    mutating func add(_ what: String, at time: Double, _ details: [(String, JSON)] = []) {
        guard entries.count < Self.limit else { return }
        entries.append(Entry(time: time, what: what, details: details))
    }

    /// A tag was set, or taken away.
    mutating func tag(_ key: String, _ value: String?, at time: Double) {
        guard tags[key] != value else { return }
        tags[key] = value
        let details: [(String, JSON)] =
            [("key", .string(key))] + (value.map { [("value", .string($0))] } ?? [])
        add(value == nil ? "untagged" : "tagged", at: time, details)
    }

    mutating func end(by call: String, at time: Double) {
        endings.append(call)
        add("ended", at: time, [("call", .string(call))])
    }

    /// What it comes to, with the timeline if it is wanted.
    func json(state: String, withEntries: Bool) -> JSON {
        var members = facts
        members += [
            ("made_at", .string(Timestamp.precise(madeAt))), ("state", .string(state)),
            ("ended_by", endings.first.map(JSON.string) ?? .null), ("end_calls", .number(endings.count)),
            ("tags", .strings(tags)),
        ]
        if withEntries {
            let timeline = entries.map { entry -> JSON in
                let ms = Int(((entry.time - madeAt) * 1000).rounded())
                let time: [(String, JSON)] = [
                    ("ms", .number(ms)), ("at", .string(Timestamp.precise(entry.time))),
                    ("what", .string(entry.what)),
                ]
                return .object(time + entry.details)
            }
            members.append(("timeline", .array(timeline)))
        }
        return .object(members)
    }
}
