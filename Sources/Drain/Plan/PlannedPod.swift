internal import Kubernetes

/// One pod in a ``DrainPlan``.
struct PlannedPod: Sendable {
    enum State: Sendable, Hashable {
        /// Not stopping yet. Goes to `calling`, `stopping`, `gone`, `left`.
        case waiting
        /// A call about it is under way. Goes to `waiting`, `stopping`, `gone`.
        case calling(isDeletion: Bool)
        /// Stopping. Goes to `hanging`, `gone`.
        case stopping
        /// Stopping for so long that it doesn't count any more. Goes to `gone`.
        case hanging
        /// Not on the node any more. Goes to `waiting` if a later list shows it.
        case gone(at: Duration)
        /// Not touched.
        case left(PodResult.Reason)
    }

    let pod: PodReference
    let group: DrainGroup
    let grace: Duration
    let deletionCost: Int
    var state: State
    /// The budgets that select it, by the last list of budgets.
    var budgets: [String]
    /// When it may be tried again.
    var evictNotBefore: Duration = .zero
    var deleteNotBefore: Duration = .zero
    var evictionTries = 0
    var deletionTries = 0
    /// Its eviction will never be granted.
    var isEvictionHopeless = false
    /// Its deletion will never be granted.
    var isDeletionHopeless = false
    /// Why it was not granted; that there was no answer doesn't replace an answer.
    var obstacle: PodResult.Reason?
    /// What the server said the last time.
    var message: String?
    /// When our request was accepted; `nil` if it was somebody else's, or none.
    var askedAt: Duration?
    var graceSeconds: Int?
    var isForced = false
    /// A call whose answer was lost: if the pod stops, it was us.
    var unansweredIsDeletion: Bool?
    var dueAt: Duration?
    var finalizers: [String] = []

    init(_ classified: ClassifiedPod) {
        pod = classified.pod
        grace = classified.grace
        deletionCost = classified.deletionCost
        budgets = classified.budgets
        switch classified.verdict {
        case .leave(let reason):
            group = .ordinary
            state = .left(reason)
        case .await:
            group = .ordinary
            state = .stopping
        case .move(let group):
            self.group = group
            state = .waiting
        }
    }

    /// Whether nothing more has to happen.
    var isSettled: Bool {
        switch state {
        case .gone, .left, .hanging: true
        case .waiting, .calling, .stopping: false
        }
    }
}
