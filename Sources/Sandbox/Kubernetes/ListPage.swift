/// One page of a list of encoded items.
struct ListPage: Sendable {
    let body: [UInt8]

    /// Cuts a page and writes the list around it.
    ///
    /// - Parameters:
    ///   - kind: The list's kind, such as `NodeList`.
    ///   - apiVersion: Of the list.
    ///   - items: All selected items, in the order of their keys.
    ///   - resourceVersion: Of the list.
    ///   - limit: The most items of a page; nil or 0 for all.
    ///   - continuation: The token of the page before.
    ///   - now: Seconds since 1970.
    /// - Throws: ``KubernetesStatus`` 400 for a token that is none, 410 for one that is too old.
    init(
        kind: String,
        apiVersion: String = "v1",
        items: [ListItem],
        resourceVersion: Int,
        limit: Int?,
        continuation: String?,
        now: Double
    ) throws(KubernetesStatus) {
        var start = 0
        var started = Int(now)
        if let continuation, !continuation.isEmpty {
            guard let token = ContinueToken(continuation) else {
                throw .badRequest("continue key is not valid")
            }
            guard now - Double(token.started) <= ContinueToken.lifetime else {
                throw .expired(continuation: ContinueToken(after: token.after, started: started).text)
            }
            start = Self.firstIndex(after: token.after, items)
            started = token.started
        }
        let end = if let limit, limit > 0 { min(start + limit, items.count) } else { items.count }
        var metadata: [(String, JSON)] = [("resourceVersion", "\(resourceVersion)")]
        if end < items.count {
            metadata.append(
                ("continue", .string(ContinueToken(after: items[end - 1].key, started: started).text))
            )
            metadata.append(("remainingItemCount", .number(items.count - end)))
        }
        var body: [UInt8] = []
        body.reserveCapacity(items[start..<end].reduce(256) { $0 + $1.bytes.count + 1 })
        body.append(contentsOf: "{\"kind\":\"\(kind)\",\"apiVersion\":\"\(apiVersion)\",\"metadata\":".utf8)
        JSON.object(metadata).encode(into: &body)
        body.append(contentsOf: ",\"items\":[".utf8)
        for index in start..<end {
            if index > start { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: items[index].bytes)
        }
        body.append(contentsOf: "]}".utf8)
        self.body = body
    }

    private static func firstIndex(after key: String, _ items: [ListItem]) -> Int {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].key <= key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
