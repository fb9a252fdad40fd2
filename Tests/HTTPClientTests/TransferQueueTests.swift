import Testing

@testable import HTTPClient

struct TransferQueueTests {
    /// A reference to the queue, as `#expect` cannot call what mutates a value.
    private final class Probe {
        var queue: TransferQueue<Int>
        init(_ queue: TransferQueue<Int>) { self.queue = queue }
        var waitingCount: Int { queue.waitingCount }
        var activeCount: Int { queue.activeCount }
        func enqueue(_ element: Int, origin: String) -> Bool { queue.enqueue(element, origin: origin) }
        func next() -> Int? { queue.next() }
        func finished(origin: String) { queue.finished(origin: origin) }
        func remove(where isMatch: (Int) -> Bool) -> [Int] { queue.remove(where: isMatch) }
        func drain() -> [Int] {
            var taken: [Int] = []
            while let next = queue.next() { taken.append(next) }
            return taken
        }
    }

    private func probe(active: Int = 100, perOrigin: Int = 100, waiting: Int = 100) -> Probe {
        Probe(TransferQueue(maxActive: active, maxActivePerOrigin: perOrigin, maxWaiting: waiting))
    }

    @Test func keepsTheOrderOfAnOrigin() {
        let queue = probe()
        for i in 0..<5 { #expect(queue.enqueue(i, origin: "a")) }
        #expect(queue.drain() == [0, 1, 2, 3, 4])
        #expect(queue.waitingCount == 0)
        #expect(queue.activeCount == 5)
    }

    @Test func servesOriginsInTurn() {
        let queue = probe()
        for i in 0..<3 { #expect(queue.enqueue(i, origin: "a")) }
        for i in 10..<13 { #expect(queue.enqueue(i, origin: "b")) }
        #expect(queue.drain() == [0, 10, 1, 11, 2, 12])
    }

    @Test func limitsAnOrigin() {
        let queue = probe(perOrigin: 2)
        for i in 0..<4 { #expect(queue.enqueue(i, origin: "a")) }
        #expect(queue.enqueue(10, origin: "b"))
        #expect(queue.drain() == [0, 10, 1])
        queue.finished(origin: "b")
        #expect(queue.drain() == [])
        queue.finished(origin: "a")
        #expect(queue.drain() == [2])
        queue.finished(origin: "a")
        queue.finished(origin: "a")
        #expect(queue.drain() == [3])
    }

    @Test func limitsTheTotal() {
        let queue = probe(active: 2)
        for i in 0..<3 { #expect(queue.enqueue(i, origin: "\(i)")) }
        #expect(queue.drain() == [0, 1])
        queue.finished(origin: "1")
        #expect(queue.drain() == [2])
    }

    @Test func refusesWhenFull() {
        let queue = probe(active: 1, waiting: 2)
        #expect(queue.enqueue(0, origin: "a"))
        #expect(queue.enqueue(1, origin: "b"))
        #expect(!queue.enqueue(2, origin: "a"))
        #expect(queue.next() == 0)
        #expect(queue.enqueue(2, origin: "a"))
    }

    @Test func removesWaitingOnes() {
        let queue = probe(perOrigin: 1)
        for i in 0..<6 { #expect(queue.enqueue(i, origin: i.isMultiple(of: 2) ? "a" : "b")) }
        #expect(queue.drain() == [0, 1])
        let removed = queue.remove { $0 == 2 || $0 == 3 || $0 == 5 }
        #expect(removed.sorted() == [2, 3, 5])
        #expect(queue.waitingCount == 1)
        queue.finished(origin: "b")
        queue.finished(origin: "a")
        #expect(queue.drain() == [4])
        queue.finished(origin: "a")
        #expect(queue.activeCount == 0)
    }

    @Test func survivesLongUse() {
        let queue = probe(active: 3, perOrigin: 2, waiting: 10_000)
        var taken = 0
        for round in 0..<500 {
            for i in 0..<4 { #expect(queue.enqueue(round * 4 + i, origin: "\(i % 3)")) }
        }
        while let next = queue.next() {
            taken += 1
            queue.finished(origin: "\(next % 4 % 3)")
        }
        #expect(taken == 2000)
        #expect(queue.waitingCount == 0)
        #expect(queue.activeCount == 0)
    }
}
