import Bootstrap

/// How customers' queues are read.
struct IntakeSettings: Sendable {
    /// Messages taken at once.
    var messages = 10
    /// How long messages are ours: long enough for one transaction, and short enough to come again in time.
    var visibility: Duration = .seconds(30)
    /// How long a poll waits for a first message.
    var wait: Duration = .seconds(20)
    /// How long a queue is ours unless the lease is renewed.
    var lease: Duration = .seconds(30)
    /// How often leases are renewed, and queues looked for that nobody reads.
    var tick: Duration = .seconds(5)
    /// Queues that one scheduler reads at most: each has a connection.
    var queues = 8000
}

extension IntakeSettings {
    /// What the environment says.
    init(_ settings: Settings) throws(SettingError) {
        messages = try settings.integer(.queueMessages, in: 1...10, default: 10)
        visibility = .seconds(try settings.integer(.queueVisibility, in: 10...600, default: 30))
        wait = .seconds(try settings.integer(.queueWait, in: 1...20, default: 20))
    }
}
