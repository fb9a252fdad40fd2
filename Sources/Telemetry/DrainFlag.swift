public import ServiceLifecycle
import Synchronization

/// Set once, when the process begins to stop.
public final class DrainFlag: Sendable {
    private let value = Mutex(false)

    /// Makes a flag that is not set.
    public init() {}

    /// Whether the process stops.
    public var isSet: Bool { value.withLock { $0 } }

    /// The process begins to stop.
    public func set() {
        value.withLock { $0 = true }
    }

    /// Sets it at shutdown: last in the group, hence first to hear, so that readiness ends before anything else.
    public var service: any Service { DrainNotice(flag: self) }
}

private struct DrainNotice: Service {
    let flag: DrainFlag

    func run() async throws {
        try? await gracefulShutdown()  // cancellation too ends the wait, and the flag is right then as well
        flag.set()
    }
}
