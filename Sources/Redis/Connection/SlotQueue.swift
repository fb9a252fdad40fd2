/// A first-in-first-out queue whose elements keep their position for life.
///
/// Positions count up from 0 and are never used again, so an element can be found while it waits.
package struct SlotQueue<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var head = 0
    package private(set) var firstPosition = 0

    package init() {}

    package var isEmpty: Bool { head == elements.count }
    package var count: Int { elements.count - head }

    /// Adds an element and returns its position.
    package mutating func append(_ element: Element) -> Int {
        elements.append(element)
        return firstPosition + count - 1
    }

    package var first: Element? { isEmpty ? nil : elements[head] }

    package mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head].take()
        head += 1
        firstPosition += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Changes the first element in place.
    package mutating func updateFirst<Result>(_ body: (inout Element) -> Result) -> Result? {
        update(at: firstPosition, body)
    }

    /// Changes the element at a position in place, unless it is gone or not there yet.
    package mutating func update<Result>(at position: Int, _ body: (inout Element) -> Result) -> Result? {
        let index = head + position - firstPosition
        guard index >= head, index < elements.count, var element = elements[index].take() else { return nil }
        defer { elements[index] = element }
        return body(&element)
    }
}
