import FoundationEssentials
import Store

@testable import Jobs

/// The queue's rules, written for clarity: no index, only lists.
struct QueueModel {
    /// A job with what the queue remembers of it.
    struct Entry {
        let job: JobRecord
        var attemptsUsed = 0
        var workersLost = 0
        var isReloaded = false
    }

    /// What a claim gives.
    struct Claim: Equatable {
        let id: UUID
        let attemptsUsed: Int
        let mayHaveRun: Bool
        let isExpired: Bool
        let isCancelled: Bool
    }

    var ready: [Entry] = []
    var delayed: [Entry] = []
    var blocked: [Entry] = []
    var running: [UUID: Entry] = [:]
    var cancelled: Set<UUID> = []
    var isPaused = false
    private var holders: [String: UUID] = [:]

    var counts: [Int] { [ready.count, delayed.count, blocked.count, running.count] }
    var live: Int { counts.reduce(0, +) }
    var waiting: [Entry] { ready + delayed + blocked }

    private func load(_ group: String) -> Double {
        Double(running.values.count { JobEnvelope.group(of: $0.job) == group })
    }

    private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
        let scores = (JobEnvelope.score(of: left.job), JobEnvelope.score(of: right.job))
        return scores.0 == scores.1 ? left.job.id.text < right.job.id.text : scores.0 < scores.1
    }

    /// The first job of the group that comes first when each is pushed back by what it runs.
    private func next(before bound: Double) -> Entry? {
        let heads = Dictionary(grouping: ready, by: { JobEnvelope.group(of: $0.job) }).compactMap {
            group,
            jobs in
            jobs.min(by: Self.precedes).map { head in
                (group: group, place: JobEnvelope.score(of: head.job) + 1000 * load(group), head: head)
            }
        }
        let first = heads.min { ($0.place, $0.group) < ($1.place, $1.group) }
        return first.flatMap { $0.place < bound ? $0.head : nil }
    }

    mutating func claim(_ limit: Int, leastUrgent: Int, now: Date) -> [Claim] {
        ready += delayed.filter { $0.job.runAt <= now }
        delayed.removeAll { $0.job.runAt <= now }
        guard !isPaused else { return [] }
        let bound = Double(leastUrgent + 1) * 4_398_046_511_104
        var claimed: [Claim] = []
        while claimed.count < limit, let entry = next(before: bound) {
            let job = entry.job
            ready.removeAll { $0.job.id == job.id }
            let isCancelled = cancelled.contains(job.id)
            let isExpired = !isCancelled && job.deadline.map { $0 <= now } ?? false
            if let key = job.exclusiveKey, !isCancelled, !isExpired {
                guard holders[key] == nil else {
                    blocked.append(entry)
                    continue
                }
                holders[key] = job.id
            }
            running[job.id] = entry
            claimed.append(
                Claim(
                    id: job.id,
                    attemptsUsed: entry.attemptsUsed,
                    mayHaveRun: entry.isReloaded || entry.workersLost > 0,
                    isExpired: isExpired,
                    isCancelled: isCancelled
                )
            )
        }
        return claimed
    }

    mutating func settle(_ id: UUID, _ how: LiveIndex.Settlement) {
        guard var entry = running.removeValue(forKey: id) else { return }
        switch how {
        case .done: cancelled.remove(id)
        case .retry:
            entry.attemptsUsed += 1
            delayed.append(entry)
        case .postpone: delayed.append(entry)
        case .release: ready.append(entry)
        case .recover:
            entry.workersLost += 1
            ready.append(entry)
        }
        guard let key = entry.job.exclusiveKey, holders[key] == id || holders[key] == nil else { return }
        holders[key] = nil
        guard let freed = blocked.filter({ $0.job.exclusiveKey == key }).min(by: Self.precedes) else {
            return
        }
        blocked.removeAll { $0.job.id == freed.job.id }
        ready.append(freed)
    }

    /// Takes a job back, as a canceller does; one that runs is only marked.
    mutating func cancel(_ id: UUID) {
        cancelled.insert(id)
        guard let entry = waiting.first(where: { $0.job.id == id }) else { return }
        ready.removeAll { $0.job.id == id }
        delayed.removeAll { $0.job.id == id }
        blocked.removeAll { $0.job.id == id }
        running[id] = entry
    }

    /// Redis loses all, and every job is brought back from the journal; what ran is ready again.
    mutating func reload() {
        ready = (ready + blocked + delayed + running.values).map {
            Entry(job: $0.job, attemptsUsed: $0.attemptsUsed, isReloaded: true)
        }
        delayed = []
        blocked = []
        running = [:]
        holders = [:]
    }
}
