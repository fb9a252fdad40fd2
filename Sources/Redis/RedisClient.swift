public import Logging
import Dispatch
import Synchronization

/// A client of one Redis server.
///
/// Ordinary commands share one connection: those of many tasks are written together and answered in order.
/// It connects on first use and again after a loss, by itself. A command that was under way when the
/// connection was lost fails, with ``RedisError/mayHaveBeenApplied`` set, and is never sent again silently.
///
/// ```swift
/// let client = RedisClient(configuration: try RedisConfiguration(url: url), logger: logger)
/// try await client.send(RedisCommand("SET", "key", .bytes(payload)))
/// ```
public final class RedisClient: Sendable {
    /// The settings it was made with.
    public let configuration: RedisConfiguration

    let logger: Logger
    let supervisor = Mutex(ConnectionSupervisor<RedisConnection>())
    let blockingConnections: Mutex<BlockingConnections<RedisConnection>>
    private let closing = AsyncStream<Never>.makeStream()

    /// Makes a client; it connects on first use.
    ///
    /// - Parameters:
    ///   - configuration: Where the server is, and the limits.
    ///   - logger: For connections made and lost, at debug level.
    public init(configuration: RedisConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        blockingConnections = Mutex(BlockingConnections(limit: configuration.maximumBlockingConnections))
    }

    deinit { closeNow() }

    /// Whether a connection for ordinary commands is open right now.
    public var isConnected: Bool { supervisor.withLock { $0.isOpen } }

    /// Connects, and returns when the task is cancelled or the client closed.
    ///
    /// For a service group; run it once. The client works without it, too.
    public func run() async {
        // The reason of a failure is logged; the client goes on trying.
        _ = try? connection()
        for await _ in closing.stream {}
        await close()
    }

    /// Closes all connections; commands under way and those to come fail with the code `closed`.
    public func close() async { closeNow() }

    private func closeNow() {
        let error = RedisError(.closed, "the client was closed")
        supervisor.withLock { $0.closed() }?.close(by: error)
        for connection in blockingConnections.withLock({ $0.closed() }) { connection.close(by: error) }
        closing.continuation.finish()
    }

    /// Sends a command and waits for its reply.
    ///
    /// - Parameter command: The command; not one that blocks, see ``blocking(_:timeout:)``.
    /// - Returns: The reply; an error reply is thrown.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func send(_ command: RedisCommand) async throws(RedisError) -> RedisValue {
        try Self.checkCancellation()
        return try await connection().send(command, timeout: configuration.commandTimeout).get()
    }

    /// Sends commands in one write and waits for all the replies.
    ///
    /// This is no transaction: commands of others may come in between.
    ///
    /// - Parameter pipeline: The commands; the time limit holds for all of them together.
    /// - Returns: As many results, in order; an error reply, or the loss of the connection midway, is a failure
    ///   in its place.
    /// - Throws: ``RedisError`` if nothing was sent, or if the task was cancelled.
    public func send(
        pipeline: [RedisCommand]
    ) async throws(RedisError) -> [Result<RedisValue, RedisError>] {
        try Self.checkCancellation()
        guard !pipeline.isEmpty else { return [] }
        let results = try await connection().send(pipeline, timeout: configuration.commandTimeout)
        for case .failure(let error) in results.prefix(1) {
            let isOfAll = error.code != .server && (error.code == .cancelled || !error.mayHaveBeenApplied)
            if isOfAll { throw error }
        }
        return results
    }

    /// Runs a script by its SHA-1, or by its source if the server does not know it (any more).
    ///
    /// - Parameters:
    ///   - script: The script.
    ///   - keys: The keys it touches (`KEYS`).
    ///   - arguments: Its other arguments (`ARGV`).
    /// - Returns: What the script returned.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func eval(
        _ script: RedisScript,
        keys: [RedisArgument],
        arguments: [RedisArgument]
    ) async throws(RedisError) -> RedisValue {
        do {
            return try await send(script.command(keys: keys, arguments: arguments))
        } catch  where error.prefix == "NOSCRIPT" {
            return try await send(script.loadingCommand(keys: keys, arguments: arguments))
        }
    }

    static func checkCancellation() throws(RedisError) {
        guard Task.isCancelled else { return }
        throw RedisError(.cancelled, "the waiting task was cancelled")
    }
}
