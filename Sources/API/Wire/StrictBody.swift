import FoundationEssentials

/// A body in which a field that does not exist is an error: a misspelt `priority` must not be taken for none.
protocol StrictBody: Decodable {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

/// Reads a strict body.
struct Strict<Body: StrictBody>: Decodable {
    let body: Body

    init(from decoder: any Decoder) throws {
        let known = Body.CodingKeys.allCases.map(\.stringValue)
        let fields = try decoder.container(keyedBy: AnyKey.self).allKeys
        if let unknown = fields.first(where: { !known.contains($0.stringValue) }) {
            let valid = known.map(JSONWire.snakeCase).sorted().joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: [unknown], debugDescription: "is not a field of this body; valid: \(valid)")
            )
        }
        body = try Body(from: decoder)
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) {
            nil
        }
    }
}
