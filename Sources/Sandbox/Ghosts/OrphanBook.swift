/// The machines and disks of a cluster that were made to serve nobody, and what became of each.
struct OrphanBook: Sendable {
    /// So many are kept; the oldest go first.
    static let limit = 200

    private var records: [String: OrphanRecord] = [:]
    private var order: [String] = []

    /// Newest first.
    var all: [OrphanRecord] { order.reversed().compactMap { records[$0] } }

    func record(_ id: String) -> OrphanRecord? { records[id] }

    mutating func open(_ record: OrphanRecord) {
        records[record.id] = record
        order.append(record.id)
        if order.count > Self.limit { records[order.removeFirst()] = nil }
    }

    /// Notes something about a resource; does nothing for those that serve somebody.
    mutating func note(_ id: String, _ body: (inout OrphanRecord) -> Void) {
        guard var record = records[id] else { return }
        body(&record)
        records[id] = record
    }
}
