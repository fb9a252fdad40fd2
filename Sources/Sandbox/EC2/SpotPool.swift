/// The spare machines of a type in a zone: what they cost, and whether there are any.
///
/// Always the same for the same pool: some are dry for ever, so that launches have something to be refused.
struct SpotPool: Sendable {
    let type: InstanceType
    let zone: String

    private var hash: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(type.name) \(zone)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash ^ (hash >> 31)
    }

    /// In 100,000ths of a US dollar an hour: 28 to 44 of 100 of the price on demand.
    var price: Int { type.price * (28 + Int(hash % 17)) }

    var isDry: Bool { (hash >> 8) % 6 == 0 }
}
