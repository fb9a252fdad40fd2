import FoundationEssentials

/// What was seen of one of several clusters that are read at once.
///
/// Not a tuple: with optimization, Swift 6.3.1 overwrites the last byte of a UUID in a tuple that a child task returns.
struct ClusterView<View: Sendable>: Sendable {
    let id: UUID
    let view: View
}
