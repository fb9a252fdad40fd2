import AWS
import FoundationEssentials
import Store
import Synchronization

/// How the reading of one queue goes, for those who report it.
final class QueueState: Sendable {
    /// What is reported of a queue.
    enum Condition: String, CaseIterable {
        /// It has not been read yet.
        case starting
        /// It is read.
        case reading
        /// It could not be read lately.
        case failing
        /// It cannot be read until somebody changes something.
        case broken
    }

    /// What is wrong.
    struct Problem {
        /// What kind it is of; see `AWSError`.
        let code: String
        let text: String
    }

    private struct State {
        var lastRead: ContinuousClock.Instant?
        var readProblem: Problem?
        var deleteProblem: Problem?
        var condition = Condition.starting
        var isStopping = false
    }

    /// A first failure is not worth a word.
    private static let tolerated = 2

    private let state = Mutex(State())

    /// How it goes.
    var condition: Condition { state.withLock { $0.condition } }

    /// Whether the reader must come to an end.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    func stop() { state.withLock { $0.isStopping = true } }

    func wasRead() {
        state.withLock { state in
            state.lastRead = .now
            state.readProblem = nil
            state.condition = .reading
        }
    }

    /// - Returns: Whether this is news.
    func couldNotRead(_ error: AWSError, failures: Int) -> Bool {
        state.withLock { state in
            let mayPass = ReadPlan.mayPass(error)
            state.condition = mayPass ? .failing : .broken
            guard !mayPass || failures > Self.tolerated else { return false }
            let known = state.readProblem
            state.readProblem = Problem(code: error.code.rawValue, text: Self.text(error))
            return known == nil
        }
    }

    func couldNotDelete(_ problem: Problem?) {
        state.withLock { $0.deleteProblem = problem }
    }

    /// What is to be said to the owner.
    func reading(of customer: UUID) -> QueueLeaseStore.Reading {
        state.withLock { state in
            let problem = state.readProblem ?? state.deleteProblem
            return QueueLeaseStore.Reading(
                customerID: customer,
                problem: problem?.text,
                problemCode: problem?.code,
                secondsSinceRead: state.lastRead.map { (ContinuousClock.now - $0) / .seconds(1) }
            )
        }
    }

    static func text(_ error: AWSError) -> String {
        // NUL is no character of PostgreSQL's.
        String(decoding: error.description.utf8.filter { $0 != 0 }.prefix(500), as: UTF8.self)
    }
}

extension ReadPlan {
    /// Whether a queue may be readable later without anybody changing anything.
    static func mayPass(_ error: AWSError) -> Bool {
        switch error.code {
        case .clockSkew, .expiredCredentials, .invalidResponse, .cancelled: true
        default: error.isRetryable
        }
    }
}
