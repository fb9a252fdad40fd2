/// What a candidate for leadership has to do.
///
/// Pure: time and answers go in, actions come out. Times are of the process's own monotonic clock, and never compared
/// with another's: trust in a term begins when the attempt to get it *began*, and ends before PostgreSQL lets another
/// begin. A slow answer makes it shorter, never longer.
struct LeadershipPlan: Sendable, Equatable {
    typealias Instant = ContinuousClock.Instant

    /// How long things take.
    struct Timing: Sendable, Equatable {
        /// How long a term holds in PostgreSQL unless it is renewed.
        var duration: Duration = .seconds(3)
        /// How much earlier the leader stops to trust it.
        var margin: Duration = .milliseconds(500)
        /// How long after an attempt that succeeded the next begins.
        var renewal: Duration = .seconds(1)
        /// How long after an attempt that failed the next begins.
        var retry: Duration = .milliseconds(300)
    }

    enum Action: Sendable, Equatable {
        /// Nothing until then.
        case wait(until: Instant)
        /// Ask for a new term.
        case acquire
        /// Ask to prolong the term.
        case renew(term: Int64)
        /// Stop to lead, and end the term.
        case stepDown(term: Int64)
    }

    private enum State: Equatable {
        case follows(nextTry: Instant)
        case leads(term: Int64, trustedUntil: Instant, nextRenewal: Instant)
    }

    private let timing: Timing
    private var state: State

    init(timing: Timing = Timing(), at now: Instant) {
        self.timing = timing
        state = .follows(nextTry: now)
    }

    /// The term that is led now; it may have to be given up.
    var term: Int64? {
        guard case .leads(let term, _, _) = state else { return nil }
        return term
    }

    /// Until when the term is trusted; nil for who follows.
    var trustedUntil: Instant? {
        guard case .leads(_, let instant, _) = state else { return nil }
        return instant
    }

    /// What is to be done now.
    func next(at now: Instant) -> Action {
        switch state {
        case .follows(let nextTry): now < nextTry ? .wait(until: nextTry) : .acquire
        case .leads(let term, let trustedUntil, let nextRenewal):
            if now >= trustedUntil {
                .stepDown(term: term)
            } else {
                now < nextRenewal ? .wait(until: min(nextRenewal, trustedUntil)) : .renew(term: term)
            }
        }
    }

    /// An attempt to begin a term was answered: with a term, or nil because another leads.
    mutating func acquired(_ term: Int64?, begunAt begin: Instant, at now: Instant) {
        if let term { lead(term, begin) } else { state = .follows(nextTry: now + timing.retry) }
    }

    /// An attempt to renew the term was answered; false: another term has begun.
    mutating func renewed(_ isOurs: Bool, begunAt begin: Instant, at now: Instant) {
        guard case .leads(let term, _, _) = state else { return }
        if isOurs {
            lead(term, begin)
        } else {
            state = .leads(term: term, trustedUntil: now, nextRenewal: now)
        }
    }

    /// An attempt was not answered.
    mutating func failed(at now: Instant) {
        switch state {
        case .follows: state = .follows(nextTry: now + timing.retry)
        case .leads(let term, let trustedUntil, _):
            state = .leads(term: term, trustedUntil: trustedUntil, nextRenewal: now + timing.retry)
        }
    }

    /// The term was ended.
    mutating func steppedDown(at now: Instant) {
        // Others first.
        state = .follows(nextTry: now + timing.retry)
    }

    private mutating func lead(_ term: Int64, _ begin: Instant) {
        state = .leads(
            term: term,
            trustedUntil: begin + timing.duration - timing.margin,
            nextRenewal: begin + timing.renewal
        )
    }
}
