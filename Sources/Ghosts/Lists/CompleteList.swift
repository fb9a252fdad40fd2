public import FoundationEssentials

/// A list that was read to its end.
///
/// There is no way to make one of a list that failed, was refused, or ended before its last page: what throws
/// makes none. So whoever holds one knows that what is not in it was not there.
public struct CompleteList<Item: Sendable>: Sendable {
    /// What there was.
    public let items: [Item]
    /// When the first page was asked for.
    public let beganAt: Date
    /// When the last page had come.
    public let endedAt: Date

    private init(items: [Item], beganAt: Date, endedAt: Date) {
        self.items = items
        self.beganAt = beganAt
        self.endedAt = endedAt
    }

    /// Reads a list page by page.
    ///
    /// - Parameters:
    ///   - clock: The present.
    ///   - nextPage: The next page; nil only where the server said that there is none.
    /// - Returns: The whole list.
    /// - Throws: What `nextPage` throws; then there is no list.
    public static func read(
        clock: () -> Date = { Date() },
        _ nextPage: () async throws -> [Item]?
    ) async throws -> CompleteList {
        let beganAt = clock()
        var items: [Item] = []
        while let page = try await nextPage() { items += page }
        return CompleteList(items: items, beganAt: beganAt, endedAt: clock())
    }

    /// The same list of other things.
    public func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> CompleteList<Other> {
        CompleteList<Other>(items: try items.map(transform), beganAt: beganAt, endedAt: endedAt)
    }
}
