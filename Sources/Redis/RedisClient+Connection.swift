import Dispatch
import Logging
import Synchronization

/// The shared connection: the supervisor decides, and this does.
extension RedisClient {
    func connection() throws(RedisError) -> RedisConnection {
        switch supervisor.withLock({ $0.connectionWanted(make: makeConnection) }) {
        case .use(let connection): return connection
        case .open(let connection):
            connection.open()
            return connection
        case .fail(let error): throw error
        }
    }

    private func makeConnection(attempt: Int) -> RedisConnection {
        RedisConnection(configuration: configuration) { [weak self] event in
            self?.connectionChanged(event, attempt: attempt)
        }
    }

    private func connectionChanged(_ event: RedisConnection.Event, attempt: Int) {
        switch event {
        case .opened:
            supervisor.withLock { $0.opened(attempt: attempt, now: .now) }
            logger.debug("connected to redis", metadata: ["redis.address": "\(configuration)"])
        case .closed(let error):
            logger.debug(
                "lost redis",
                metadata: ["redis.address": "\(configuration)", "error": "\(error)"]
            )
            perform(
                supervisor.withLock { $0.ended(attempt: attempt, by: error, now: .now, make: makeConnection) }
            )
        }
    }

    private func perform(_ action: ConnectionSupervisor<RedisConnection>.Action) {
        switch action {
        case .none: return
        case .open(let connection): connection.open()
        case .pause(let failures, let attempt):
            let backoff = ReconnectBackoff(base: configuration.reconnectBase, cap: configuration.reconnectCap)
            let pause = backoff.pause(failures: failures, jitter: .random(in: 0...1))
            DispatchQueue.global().asyncAfter(deadline: .now() + pause.dispatchInterval) { [weak self] in
                guard let self else { return }
                perform(supervisor.withLock { $0.pauseEnded(attempt: attempt, make: makeConnection) })
            }
        }
    }
}
