/// A whole number in a body.
///
/// `Int` itself forgets the field's name when it meets a fraction, or a number that is too large for it.
struct WholeNumber: Decodable {
    let value: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            value = try container.decode(Int.self)
        } catch {
            throw DecodingError.typeMismatch(
                Int.self,
                .init(codingPath: decoder.codingPath, debugDescription: "is not a whole number")
            )
        }
    }
}
