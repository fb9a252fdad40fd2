public import Bootstrap
import Redis
import Store

/// Whether a process can do its work.
public struct Readiness: Sendable {
    private let fleet: Fleet
    private let drain: DrainFlag

    /// - Parameters:
    ///   - fleet: What it stands on.
    ///   - drain: Whether it stops.
    public init(fleet: Fleet, drain: DrainFlag) {
        self.fleet = fleet
        self.drain = drain
    }

    /// What is in the way, without addresses or names; empty if it is ready.
    public func problems() async -> [String] {
        var problems: [String] = []
        if drain.isSet { problems.append("draining") }
        do {
            let state = try await Schema(pool: fleet.pool).state()
            if state != .current { problems.append(state.description) }
        } catch {
            problems.append("PostgreSQL does not answer")
        }
        do {
            _ = try await fleet.redis.send(RedisCommand("PING"))
        } catch {
            problems.append("Redis does not answer")
        }
        return problems
    }
}
