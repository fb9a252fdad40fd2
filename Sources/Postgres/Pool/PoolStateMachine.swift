/// Who has which connection, who waits, and when the server is tried again.
///
/// Pure: no clock, no lock, no connection. The shell tells what happened and when, and performs the actions.
/// Connections are numbers here; a connection is connecting, idle, or leased.
struct PoolStateMachine {
    typealias Instant = ContinuousClock.Instant
    typealias ConnectionID = Int
    typealias WaiterID = UInt64

    struct Limits {
        var size: Int
        var waitLimit: Duration
        /// The longest a connection is used, before jitter of a tenth either way.
        var lifetime: Duration = .seconds(30 * 60)
        /// From this idle time on a connection's socket is looked at before it is lent.
        var socketCheckAfter: Duration = .seconds(1)
        /// From this idle time on the server is asked.
        var serverCheckAfter: Duration = .seconds(30)
        var firstBackoff: Duration = .milliseconds(50)
        var longestBackoff: Duration = .seconds(1)
        /// After this many failed attempts in a row nobody waits for the server any more.
        var patience: Int = 4
    }

    enum Check: Equatable {
        case none
        case socket
        case server
    }

    enum Action: Equatable {
        case connect(ConnectionID)
        case lend(ConnectionID, to: WaiterID, check: Check)
        case close(ConnectionID)
        case fail(WaiterID, Failure)
    }

    enum Failure: Equatable {
        case exhausted
        case unreachable
        case cancelled
        case closed
    }

    private struct Idle {
        let id: ConnectionID
        let since: Instant
    }

    private struct Waiter {
        let id: WaiterID
        let deadline: Instant
    }

    private let limits: Limits
    /// The last used at the end: it is the likeliest to be sound, and what is not needed grows old.
    private var idle: [Idle] = []
    private var leased: Set<ConnectionID> = []
    private var connecting: Set<ConnectionID> = []
    private var expiries: [ConnectionID: Instant] = [:]
    /// In order of their deadlines, which is the order they came in.
    private var waiters: [Waiter] = []
    private var lastID: ConnectionID = 0
    private var failures = 0
    private var nextAttempt: Instant?
    private(set) var isClosed = false

    init(limits: Limits) { self.limits = limits }

    var idleCount: Int { idle.count }
    var leasedCount: Int { leased.count }
    var waitingCount: Int { waiters.count }
    private var total: Int { idle.count + leased.count + connecting.count }

    /// When ``timePassed(now:)`` must be called, if nothing else happens.
    var nextEvent: Instant? {
        guard let deadline = waiters.first?.deadline else { return nil }
        guard let nextAttempt, connecting.isEmpty, total < limits.size else { return deadline }
        return min(deadline, nextAttempt)
    }

    /// Somebody wants a connection.
    mutating func waiterArrived(_ id: WaiterID, deadline: Instant, now: Instant) -> [Action] {
        guard !isClosed else { return [.fail(id, .closed)] }
        var actions: [Action] = []
        if waiters.isEmpty, let connection = takeIdle(now: now, &actions) {
            return actions + [lend(connection, to: id, now: now)]
        }
        if isDown, connecting.isEmpty, let nextAttempt, now < nextAttempt, leased.isEmpty {
            return actions + [.fail(id, .unreachable)]
        }
        guard deadline > now else { return actions + [.fail(id, .exhausted)] }
        // Who comes again, because his connection was stale, keeps his deadline and thereby his place.
        let place = waiters.lastIndex { $0.deadline <= deadline }.map { $0 + 1 } ?? 0
        waiters.insert(Waiter(id: id, deadline: deadline), at: place)
        return actions + connectIfNeeded(now: now)
    }

    /// A waiter's task was cancelled.
    ///
    /// Nothing happens if it has been served already.
    mutating func waiterCancelled(_ id: WaiterID) -> [Action] {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return [] }
        waiters.remove(at: index)
        return [.fail(id, .cancelled)]
    }

    /// A connection was made.
    ///
    /// `jitter` is from 0 to 1, so that connections made together do not end together.
    mutating func connectionOpened(_ id: ConnectionID, jitter: Double, now: Instant) -> [Action] {
        connecting.remove(id)
        guard !isClosed else { return [.close(id)] }
        failures = 0
        nextAttempt = nil
        expiries[id] = now + limits.lifetime * (0.9 + 0.2 * jitter)
        return offer(Idle(id: id, since: now), now: now) + connectIfNeeded(now: now)
    }

    /// A connection could not be made.
    ///
    /// `jitter` is from 0 to 1, so that processes do not come back together.
    mutating func connectionFailed(_ id: ConnectionID, jitter: Double, now: Instant) -> [Action] {
        connecting.remove(id)
        guard !isClosed else { return [] }
        failures += 1
        let doubled = limits.firstBackoff * Double(1 << min(failures - 1, 10))
        nextAttempt = now + min(doubled, limits.longestBackoff) * (0.5 + 0.5 * jitter)
        // While others hold connections, theirs may come back.
        guard isDown, connecting.isEmpty, leased.isEmpty else { return [] }
        defer { waiters.removeAll() }
        return waiters.map { .fail($0.id, .unreachable) }
    }

    /// A lease ended.
    mutating func connectionReturned(_ id: ConnectionID, isReusable: Bool, now: Instant) -> [Action] {
        guard leased.remove(id) != nil else { return [] }
        guard isReusable, !isClosed, (expiries[id] ?? now) > now else {
            expiries[id] = nil
            return [.close(id)] + connectIfNeeded(now: now)
        }
        return offer(Idle(id: id, since: now), now: now)
    }

    /// Time has passed: patience ends, attempts are due, connections grow old.
    mutating func timePassed(now: Instant) -> [Action] {
        let late = waiters.prefix { $0.deadline <= now }
        waiters.removeFirst(late.count)
        var actions: [Action] = late.map { .fail($0.id, failures > 0 ? .unreachable : .exhausted) }
        for old in idle where (expiries[old.id] ?? now) <= now { actions.append(retire(old.id)) }
        return actions + connectIfNeeded(now: now)
    }

    /// No more leases.
    ///
    /// What is lent is closed when it comes back.
    mutating func poolClosed() -> [Action] {
        isClosed = true
        defer {
            idle.removeAll()
            waiters.removeAll()
        }
        return waiters.map { .fail($0.id, .closed) } + idle.map { .close($0.id) }
    }

    private var isDown: Bool { failures >= limits.patience }

    private mutating func offer(_ connection: Idle, now: Instant) -> [Action] {
        guard !waiters.isEmpty else {
            idle.append(connection)
            return []
        }
        let waiter = waiters.removeFirst()
        return [lend(connection, to: waiter.id, now: now)]
    }

    private mutating func lend(_ connection: Idle, to waiter: WaiterID, now: Instant) -> Action {
        leased.insert(connection.id)
        let age = now - connection.since
        let check: Check =
            age >= limits.serverCheckAfter ? .server : age >= limits.socketCheckAfter ? .socket : .none
        return .lend(connection.id, to: waiter, check: check)
    }

    private mutating func takeIdle(now: Instant, _ actions: inout [Action]) -> Idle? {
        while let connection = idle.last {
            if (expiries[connection.id] ?? now) > now { return idle.removeLast() }
            actions.append(retire(connection.id))
        }
        return nil
    }

    private mutating func retire(_ id: ConnectionID) -> Action {
        idle.removeAll { $0.id == id }
        expiries[id] = nil
        return .close(id)
    }

    /// As many attempts as there are waiters without one; a single one while the server does not answer.
    private mutating func connectIfNeeded(now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        var actions: [Action] = []
        while connecting.count < waiters.count, total < limits.size {
            if failures > 0 {
                guard connecting.isEmpty, (nextAttempt ?? now) <= now else { break }
            }
            lastID += 1
            connecting.insert(lastID)
            actions.append(.connect(lastID))
        }
        return actions
    }
}
