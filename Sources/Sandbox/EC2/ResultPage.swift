/// A page of a list, cut by `MaxResults` and continued by `NextToken`.
struct ResultPage<Item> {
    let items: [Item]
    /// The token as XML; none after the last page.
    let next: [XML]

    /// Cuts a page.
    ///
    /// - Parameters:
    ///   - all: Every item, in the order of ids.
    ///   - form: The call.
    ///   - limits: What `MaxResults` may be.
    ///   - id: An item's.
    /// - Throws: ``AWSFault`` for a token that is none.
    init(_ all: [Item], _ form: QueryForm, limits: ClosedRange<Int> = 5...1000, id: (Item) -> String)
        throws(AWSFault)
    {
        let limit = try form.int("MaxResults", in: limits)
        var rest = all[...]
        if let token = form["NextToken"] {
            guard token.hasPrefix("after-") else {
                throw AWSFault(code: "InvalidNextToken", message: "The token is not valid.")
            }
            let last = token.dropFirst(6)
            rest = rest.drop { id($0) <= last }
        }
        let page = limit.map { rest.prefix($0) } ?? rest
        items = Array(page)
        next = page.count < rest.count ? page.last.map { [XML("nextToken", "after-\(id($0))")] } ?? [] : []
    }
}
