public import Logging
public import Store
import Synchronization

/// Lets one process at a time do what one is enough for.
///
/// It saves work, and no more: nothing becomes wrong if two believe to lead for a moment. A leader that is stopped
/// hands over at once; one that dies is followed when its term has ended, within 4 s.
public struct Leadership: Sendable {
    /// The role of who ticks.
    public static let clock = "clock"

    private let store: LeadershipStore
    private let name: String
    private let holder: String
    private let time = ContinuousClock()
    private let logger: Logger

    /// - Parameters:
    ///   - store: Who leads.
    ///   - name: The role.
    ///   - holder: This process; no two have the same name.
    ///   - logger: Says when a term begins and ends.
    public init(store: LeadershipStore, name: String, holder: String, logger: Logger) {
        self.store = store
        self.name = name
        self.holder = holder
        self.logger = logger
    }

    /// Leads whenever nobody else does, until cancelled.
    ///
    /// - Parameter lead: What a leader does, until it is cancelled.
    public func run(_ lead: @escaping @Sendable () async -> Void) async {
        let plan = SharedPlan(LeadershipPlan(at: time.now))
        while !Task.isCancelled {
            guard let term = plan.withLock(\.term) else {
                _ = await step(plan)
                continue
            }
            logger.notice("leads", metadata: ["role": "\(name)", "term": "\(term)"])
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await lead() }
                group.addTask { while await step(plan) {} }
                // By itself, because an attempt to renew may wait for its answer longer than the term lasts.
                group.addTask { await waitForEnd(plan) }
                await group.next()
                group.cancelAll()
            }
            await resign(term)
            plan.withLock { $0.steppedDown(at: time.now) }
            logger.notice("leads no longer", metadata: ["role": "\(name)", "term": "\(term)"])
        }
        // An attempt that was cancelled may have begun a term that nobody here knows of.
        await resign(nil)
    }

    /// Does what is to be done next.
    ///
    /// - Returns: False once the term is over, or the task cancelled.
    private func step(_ plan: SharedPlan) async -> Bool {
        let begin = time.now
        do {
            switch plan.withLock({ $0.next(at: begin) }) {
            case .wait(let instant): try await Task.sleep(until: instant, clock: time)
            case .acquire:
                let term = try await store.acquire(name, holder: holder, for: duration)
                plan.withLock { $0.acquired(term, begunAt: begin, at: time.now) }
            case .renew(let term):
                let isOurs = try await store.renew(name, holder: holder, term: term, for: duration)
                plan.withLock { $0.renewed(isOurs, begunAt: begin, at: time.now) }
            case .stepDown: return false
            }
        } catch {
            guard !Task.isCancelled else { return false }
            plan.withLock { $0.failed(at: time.now) }
            logger.debug("could not ask who leads", metadata: ["role": "\(name)", "error": "\(error)"])
        }
        return true
    }

    private func waitForEnd(_ plan: SharedPlan) async {
        while !Task.isCancelled, let end = plan.withLock(\.trustedUntil), time.now < end {
            try? await Task.sleep(until: end, clock: time)  // cancellation ends the loop
        }
    }

    /// Lets the next one begin; in a task of its own, since ours may be cancelled by now.
    private func resign(_ term: Int64?) async {
        await Task {
            await withTaskGroup(of: Void.self) { group in
                // If it cannot be said, the term ends by itself.
                group.addTask { try? await store.resign(name, holder: holder, term: term) }
                group.addTask { try? await Task.sleep(for: .seconds(1)) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }

    private var duration: Duration { LeadershipPlan.Timing().duration }
}

/// A plan that those who keep and watch a term share.
private final class SharedPlan: Sendable {
    private let plan: Mutex<LeadershipPlan>

    init(_ plan: LeadershipPlan) {
        self.plan = Mutex(plan)
    }

    func withLock<Value: Sendable>(_ body: (inout LeadershipPlan) -> Value) -> Value {
        plan.withLock { body(&$0) }
    }
}
