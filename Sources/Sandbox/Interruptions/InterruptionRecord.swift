/// One interruption, as the customer's side saw it: the cluster's API server and EC2, not the fleet that acts.
struct InterruptionRecord: Sendable {
    /// Something that happened.
    struct Entry: Sendable {
        /// Seconds since 1970.
        let time: Double
        /// As in `pod_evicted`.
        let what: String
        let details: [(String, JSON)]
    }

    /// So many entries are kept.
    static let limit = 1000

    /// The event's, as EventBridge sends it.
    let id: String
    let cluster: String
    let region: String
    let machine: Machine
    /// By the event, in whole seconds.
    let warnedAt: Double
    /// When the machine is taken.
    let takenAt: Double
    /// The uids of pods that ran there when it was announced.
    let pods: Set<String>
    private(set) var entries: [Entry] = []
    /// The uids of pods that ended in time.
    private(set) var moved: Set<String> = []
    /// Keys of pods that ended with the machine.
    private(set) var lost: [String] = []
    private(set) var isTaken = false
    var replacement: Machine?
    var replacementJoinedAt: Double?

    init(
        id: String,
        cluster: String,
        region: String,
        machine: Machine,
        warnedAt: Double,
        takenAt: Double,
        pods: Set<String>
    ) {
        self.id = id
        self.cluster = cluster
        self.region = region
        self.machine = machine
        self.warnedAt = warnedAt
        self.takenAt = takenAt
        self.pods = pods
    }

    mutating func add(_ what: String, at time: Double, _ details: [(String, JSON)] = []) {
        guard entries.count < Self.limit else { return }
        entries.append(Entry(time: time, what: what, details: details))
    }

    mutating func terminated(_ pod: PodModel) { moved.insert(pod.uid) }

    mutating func taken(lost pods: [PodModel], at time: Double) {
        isTaken = true
        lost = pods.map(\.key)
        for pod in pods { add("pod_lost", at: time, [("pod", .string(pod.key))]) }
        add("machine_taken", at: time)
    }

    /// What it comes to, with the timeline if it is wanted.
    func json(withEntries: Bool) -> JSON {
        var members: [(String, JSON)] = [
            ("event_id", .string(id)), ("cluster", .string(cluster)), ("region", .string(region)),
            ("instance_id", .string(machine.id)), ("instance_type", .string(machine.type.name)),
            ("zone", .string(machine.zone)), ("node", .string(machine.privateName)),
            ("warned_at", .string(Timestamp.precise(warnedAt))),
            ("seconds_given", .number(Int(takenAt - warnedAt))), ("taken", .boolean(isTaken)),
            ("pods", .number(pods.count)), ("moved", .number(moved.count)), ("lost", .number(lost.count)),
            ("replacement", replacement.map(Self.json) ?? .null),
        ]
        if withEntries {
            let timeline = entries.map { entry -> JSON in
                let seconds = Int(((entry.time - warnedAt) * 1000).rounded())
                return .object([("ms", .number(seconds)), ("what", .string(entry.what))] + entry.details)
            }
            members.append(("timeline", .array(timeline)))
        }
        return .object(members)
    }

    private static func json(_ machine: Machine) -> JSON {
        [
            "instance_id": .string(machine.id), "instance_type": .string(machine.type.name),
            "zone": .string(machine.zone), "market": machine.isSpot ? "spot" : "on-demand",
        ]
    }
}
