/// What will happen, in the order of time: nothing runs by itself, whoever looks lets it happen first.
struct Agenda: Sendable {
    enum Effect: Sendable {
        case podStarts(String, uid: String)
        case podStops(String, uid: String)
        case machineRuns(String)
        case machineJoins(String)
        /// AWS takes a spot machine back.
        case machineTaken(String, interruption: String)
        case machineGone(String)
        /// EC2 shows what was terminated for an hour.
        case machineForgotten(String)
    }

    struct Entry: Sendable {
        let time: Double
        let number: Int
        let effect: Effect

        fileprivate func isBefore(_ other: Entry) -> Bool { (time, number) < (other.time, other.number) }
    }

    private var heap: [Entry] = []
    private var count = 0

    mutating func add(_ effect: Effect, at time: Double) {
        count += 1
        heap.append(Entry(time: time, number: count, effect: effect))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the first entry that is due.
    mutating func next(until now: Double) -> Entry? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
