/// What a drain asks and tells whoever runs it.
public struct DrainHooks: Sendable {
    /// Called before each batch of changes; throwing ends the drain with no more of them.
    ///
    /// The drain waits for it: it should answer from memory, or soon.
    public var mayAct: @Sendable () async throws -> Void
    /// Called with what another worker would need to continue, at most once a second, and at the end.
    ///
    /// The drain goes on meanwhile; throwing ends it with no more changes.
    public var onProgress: @Sendable (DrainProgress) async throws -> Void

    /// Makes hooks; what is left out allows everything and keeps nothing.
    public init(
        mayAct: @escaping @Sendable () async throws -> Void = {},
        onProgress: @escaping @Sendable (DrainProgress) async throws -> Void = { _ in }
    ) {
        self.mayAct = mayAct
        self.onProgress = onProgress
    }
}
