public import FoundationEssentials
import Store

extension TestFleet {
    /// Gives a customer a channel, by mail, so that he is told of what happens.
    ///
    /// - Parameters:
    ///   - customer: Who.
    ///   - kinds: What he wants to hear; everything unless given.
    /// - Returns: The channel's id.
    /// - Throws: `PostgresError`; `CryptographyError`.
    @discardableResult
    public func makeChannel(for customer: UUID, kinds: [String]? = nil) async throws -> UUID {
        let channel = NewNotificationChannel(
            customerID: customer,
            name: "ops",
            kind: .email,
            target: "ops@example.com",
            shownTarget: "ops@example.com",
            secret: nil,
            kinds: kinds
        )
        try await NotificationChannelStore(pool: pool, keyring: keyring).insert(channel)
        return channel.id
    }
}
