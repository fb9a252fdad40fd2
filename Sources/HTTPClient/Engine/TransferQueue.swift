/// Who may start next: limits transfers in total and per origin, and serves origins in turn, so that a host
/// which answers slowly delays only its own transfers.
struct TransferQueue<Element> {
    private struct Lane {
        var waiting: [Element] = []
        var head = 0
        var active = 0
        var isInTurn = false

        var isEmpty: Bool { head == waiting.count }

        mutating func popFirst() -> Element? {
            guard head < waiting.count else { return nil }
            let element = waiting[head]
            head += 1
            if head > 32, head * 2 > waiting.count {
                waiting.removeFirst(head)
                head = 0
            }
            return element
        }
    }

    private let maxActive: Int
    private let maxActivePerOrigin: Int
    private let maxWaiting: Int
    private var lanes: [String: Lane] = [:]
    private var turns: [String] = []
    private var nextTurn = 0
    private(set) var activeCount = 0
    private(set) var waitingCount = 0

    init(maxActive: Int, maxActivePerOrigin: Int, maxWaiting: Int) {
        self.maxActive = max(maxActive, 1)
        self.maxActivePerOrigin = max(maxActivePerOrigin, 1)
        self.maxWaiting = maxWaiting
    }

    /// Adds an element at the end of its origin's lane; `false` when too many wait already.
    mutating func enqueue(_ element: Element, origin: String) -> Bool {
        guard waitingCount < maxWaiting else { return false }
        lanes[origin, default: Lane()].waiting.append(element)
        waitingCount += 1
        giveTurn(to: origin)
        return true
    }

    /// Takes the next element that may start now, and counts it as active.
    mutating func next() -> Element? {
        while activeCount < maxActive, nextTurn < turns.count {
            let origin = turns[nextTurn]
            nextTurn += 1
            if nextTurn > 64, nextTurn * 2 > turns.count {
                turns.removeFirst(nextTurn)
                nextTurn = 0
            }
            lanes[origin]?.isInTurn = false
            guard let element = lanes[origin]?.popFirst() else {
                forgetIfUnused(origin)
                continue
            }
            waitingCount -= 1
            activeCount += 1
            lanes[origin]?.active += 1
            giveTurn(to: origin)
            return element
        }
        return nil
    }

    /// Notes that an element which ``next()`` had returned is done.
    mutating func finished(origin: String) {
        activeCount -= 1
        lanes[origin]?.active -= 1
        giveTurn(to: origin)
        forgetIfUnused(origin)
    }

    /// Removes and returns the waiting elements for which `shouldRemove` holds.
    mutating func remove(where shouldRemove: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        for origin in Array(lanes.keys) {
            guard let lane = lanes[origin], lane.waiting[lane.head...].contains(where: shouldRemove) else {
                continue
            }
            let waiting = lane.waiting[lane.head...]
            removed += waiting.filter(shouldRemove)
            lanes[origin]?.waiting = waiting.filter { !shouldRemove($0) }
            lanes[origin]?.head = 0
            forgetIfUnused(origin)
        }
        waitingCount -= removed.count
        return removed
    }

    private mutating func giveTurn(to origin: String) {
        guard let lane = lanes[origin], !lane.isInTurn, !lane.isEmpty, lane.active < maxActivePerOrigin else {
            return
        }
        lanes[origin]?.isInTurn = true
        turns.append(origin)
    }

    /// A lane in turn stays until its turn comes, so that `turns` never names an origin twice.
    private mutating func forgetIfUnused(_ origin: String) {
        if let lane = lanes[origin], lane.isEmpty, lane.active == 0, !lane.isInTurn { lanes[origin] = nil }
    }
}
