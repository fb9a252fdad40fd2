import FoundationEssentials
import Store

/// Tells whether the job that holds a node still goes on.
struct NodeHolders: Sendable {
    let journal: JobJournal

    /// Whether nothing more will come of a job that holds a node.
    ///
    /// A job that is not in the journal may be another fleet's, or so old that it was dropped: it counts as over
    /// when its id, which begins with the time, is a day old.
    func isOver(_ holder: String) async throws -> Bool {
        guard let id = UUID(uuidString: holder) else { return false }
        if let entry = try await journal.entry(id) { return entry.outcome != nil }
        let madeAt = Date(timeIntervalSince1970: Double(id.version7Milliseconds) / 1000)
        return madeAt.timeIntervalSinceNow < -86_400
    }
}
