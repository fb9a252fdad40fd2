/// The pages of a list, fetched as they are asked for.
///
/// A page may be empty although more follow. A token that comes twice, and more pages than a list can have,
/// are errors: no answer can make it loop for ever.
public struct AWSPages<Item: Sendable>: AsyncSequence, Sendable {
    /// A page.
    public typealias Element = [Item]
    /// Why a page could not be had.
    public typealias Failure = AWSError

    /// One page, and how to get the next.
    struct Page: Sendable {
        let items: [Item]
        /// Missing or empty after the last page.
        let nextToken: String?
    }

    static var maxPages: Int { 2000 }

    private let fetch: @Sendable (String?) async throws(AWSError) -> Page

    init(_ fetch: @escaping @Sendable (_ token: String?) async throws(AWSError) -> Page) {
        self.fetch = fetch
    }

    /// Starts at the first page.
    public func makeAsyncIterator() -> Iterator { Iterator(fetch: fetch) }

    /// All items of all pages.
    public func collect() async throws(AWSError) -> [Item] {
        var items: [Item] = []
        var iterator = makeAsyncIterator()
        while let page = try await iterator.next() { items += page }
        return items
    }

    /// Fetches one page after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private enum Step {
            case first
            case next(String)
            case end
        }

        private let fetch: @Sendable (String?) async throws(AWSError) -> Page
        private var step = Step.first
        private var seen: Set<String> = []

        init(fetch: @escaping @Sendable (String?) async throws(AWSError) -> Page) { self.fetch = fetch }

        /// The next page; `nil` after the last.
        public mutating func next() async throws(AWSError) -> [Item]? {
            try await next(isolation: #isolation)
        }

        /// The next page; `nil` after the last.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(AWSError) -> [Item]? {
            let token: String?
            switch step {
            case .first: token = nil
            case .next(let next): token = next
            case .end: return nil
            }
            step = .end
            let page = try await fetch(token)
            if let next = page.nextToken, !next.isEmpty {
                guard seen.insert(next).inserted else {
                    throw AWSError(.invalidResponse, "the service repeats a page", status: 200)
                }
                guard seen.count < AWSPages.maxPages else {
                    throw AWSError(
                        .invalidResponse,
                        "the list has more than \(AWSPages.maxPages) pages",
                        status: 200
                    )
                }
                step = .next(next)
            }
            return page.items
        }
    }
}
