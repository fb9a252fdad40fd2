import Store

/// What an event says in words.
public struct NotificationText: Sendable, Equatable {
    /// One line.
    public let title: String
    /// A sentence or a few: what happened, what follows, what to do.
    public let body: String
    /// The facts, by their names, in the order they are shown.
    public let facts: [(name: String, value: String)]

    /// Finds the words for an event.
    public init(_ message: NotificationMessage) {
        let facts = Facts(message.facts)
        self.facts = facts.shown
        (title, body) = Self.words(message.kind, facts)
    }

    /// Whether two say the same.
    public static func == (a: NotificationText, b: NotificationText) -> Bool {
        a.title == b.title && a.body == b.body && a.facts.map(\.name) == b.facts.map(\.name)
            && a.facts.map(\.value) == b.facts.map(\.value)
    }

    private static func words(_ kind: String, _ facts: Facts) -> (String, String) {
        switch NotificationKind(rawValue: kind) {
        case .interruptionReceived: received(facts)
        case .replacementLaunched:
            (
                "Replacement launched for \(facts.machine)",
                "\(facts["replacement_instance_id"] ?? "Another machine") takes the place of \(facts.machine)."
            )
        case .drainDone:
            (
                "\(facts.place) is drained",
                "\(facts.pods("evicted") ?? "All pods") left \(facts.place) within their budgets"
                    + (facts["seconds"].map { ", in \($0) s." } ?? ".")
            )
        case .podsForced:
            (
                "\(facts.pods("count") ?? "Some pods") forced off \(facts.place)",
                "There was no time left to wait for their disruption budgets: \(facts["pods"] ?? "see the job")."
            )
        case .podsLost:
            (
                "\(facts.pods("count") ?? "Some pods") lost on \(facts.place)",
                "They could not stop before the machine was taken: \(facts["pods"] ?? "see the job")."
            )
        case .interruptionFailed:
            (
                "Interruption of \(facts.machine) not handled as it should be",
                (facts["reason"] ?? "The job says why") + "."
            )
        case .ghostFlagged, .ghostCleared, .ghostKept, .ghostTerminated, .ghostNotTerminated:
            ghost(NotificationKind(rawValue: kind), facts)
        case .ghostScanStopped:
            (
                "Machines that serve nobody are not looked for: a person must look",
                "\(facts["detail"] ?? facts["reason"] ?? "What was seen cannot be believed"). Nothing is flagged or "
                    + "terminated in cluster \(facts.cluster) until a scan can be believed again."
            )
        case .credentialRefused:
            (
                "Cluster \(facts["cluster_name"] ?? "") refuses our token",
                "\(facts["reason"] ?? "It was refused"). Nothing is done there until it has a new one: "
                    + "PUT /api/v1/admin/clusters/\(facts["cluster_id"] ?? "{id}") with k8s_token."
            )
        case .queueUnreadable:
            (
                "The interruption queue cannot be read",
                "Until it can, AWS's warnings are not heard. \(facts["problem"] ?? "")"
            )
        case .test: ("Test", "The channel \(facts["channel"] ?? "") works.")
        case nil: (kind, "See the facts.")
        }
    }

    private static func received(_ facts: Facts) -> (String, String) {
        let kind = facts["event_type"]?.split(separator: "_").joined(separator: " ") ?? "interruption"
        let limit = facts["deadline"].map { " It is lost at \($0)." } ?? ""
        return (
            "AWS: \(kind) for \(facts.machine)",
            "We move its pods and start a replacement.\(limit)\(facts["reason"].map { " But: \($0)." } ?? "")"
        )
    }

    private static func ghost(_ kind: NotificationKind?, _ facts: Facts) -> (String, String) {
        let name = facts["resource_id"] ?? "A machine"
        let reason = facts["reason"].map { " (\($0).)" } ?? ""
        return switch kind {
        case .ghostFlagged:
            (
                "\(name) serves nobody, and will be \(facts.ended)",
                "In cluster \(facts.cluster) it is paid for and \(facts.idleness).\(reason) It is \(facts.ended) at "
                    + "\(facts["due_at"] ?? "the end of its grace") at the earliest, unless you keep it: tag it "
                    + "cloudoptim.io/keep=true, or POST /api/v1/scanner/ghosts/\(facts["ghost_id"] ?? "{id}")/keep."
            )
        case .ghostCleared: ("\(name) is left alone", "It is no ghost any more.\(reason)")
        case .ghostKept:
            ("\(name) is kept", "\(facts.keeper) said so; it is not \(facts.ended).")
        case .ghostNotTerminated:
            (
                "\(name) could not be \(facts.ended)",
                "AWS refused it.\(reason) It is tried again after the next scan, unless you keep it."
            )
        default:
            (
                "\(name) was \(facts.ended)",
                "It served nobody.\(reason)"
                    + (facts["usd_per_hour"].map { " Saves \($0) USD an hour." } ?? "")
                    + (facts["snapshot_id"].map { " Its copy is \($0)." } ?? "")
            )
        }
    }
}

/// The facts of an event as text.
private struct Facts {
    let shown: [(name: String, value: String)]

    init(_ facts: [String: JSONValue]) {
        shown = facts.sorted { $0.key < $1.key }.compactMap { name, value in
            Self.text(value).map { (name, $0) }
        }
    }

    subscript(_ name: String) -> String? { shown.first { $0.name == name }?.value }

    var machine: String { self["instance_id"] ?? "a machine" }
    var cluster: String { self["cluster_name"] ?? self["cluster_id"] ?? "that was registered" }
    var place: String { self["node"] ?? machine }
    var idleness: String { isDisk ? "used by no pod" : "belongs to no node" }
    var ended: String { isDisk ? "deleted" : "terminated" }
    private var isDisk: Bool { self["resource_kind"] == GhostRecord.Kind.volume.rawValue }

    /// Who keeps a ghost, as a sentence begins with it.
    var keeper: String {
        let name = self["kept_by"] ?? "Somebody"
        return name == GhostRecord.keptByTag ? "Its tag" : name
    }

    /// So many pods; nil if it is not said how many.
    func pods(_ name: String) -> String? {
        self[name].map { $0 == "1" ? "1 pod" : "\($0) pods" }
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): flag ? "yes" : "no"
        case .array(let values): values.compactMap(text).joined(separator: ", ")
        case .object: nil
        }
    }
}
