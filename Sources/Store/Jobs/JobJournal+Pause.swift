import Postgres

/// Queues that operators stopped: kept here, since Redis may forget.
extension JobJournal {
    /// Stops a queue.
    public func pause(_ queue: String, by operator: String) async throws {
        _ = try await pool.execute(
            """
            INSERT INTO queue_pauses (queue, paused_by) VALUES (\(queue), \(`operator`)) ON CONFLICT DO NOTHING
            """
        )
    }

    /// Lets a queue go on.
    public func resume(_ queue: String) async throws {
        _ = try await pool.execute("DELETE FROM queue_pauses WHERE queue = \(queue)")
    }

    /// The queues that are stopped.
    public func pausedQueues() async throws -> [String] {
        try await pool.query("SELECT queue FROM queue_pauses ORDER BY queue").map { try $0.decode(0) }
    }
}
