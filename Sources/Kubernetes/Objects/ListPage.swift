/// One page of a list.
struct ListPage<Item: Decodable & Sendable>: Decodable, Sendable {
    let items: [Item]
    /// The token for the next page; `nil` at the end.
    let continueToken: String?

    private struct Metadata: Decodable {
        let `continue`: String?
    }

    private enum CodingKeys: CodingKey { case kind, metadata, items }

    /// Decodes a list; `items` is null in empty lists of some servers, but a list has always metadata.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let metadata = try container.decode(Metadata.self, forKey: .metadata)
        items = try container.decodeIfPresent([Item].self, forKey: .items) ?? []
        continueToken = metadata.continue.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What the API server says when it refuses.
struct StatusBody: Decodable {
    let reason: String?
    let message: String?
    let details: Details?

    struct Details: Decodable {
        let retryAfterSeconds: Int?
        let kind: String?
        let name: String?
        let causes: [Cause]?
    }

    struct Cause: Decodable {
        let reason: String?
        let message: String?
    }
}
