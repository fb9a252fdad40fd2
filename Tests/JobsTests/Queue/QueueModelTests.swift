import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

/// Random steps against a reference model and the real queue, which must agree at each of them.
@Suite(.timeLimit(.minutes(2)))
struct QueueModelTests {
    /// The queue's rules, written for clarity: no index, only lists.
    private struct Model {
        var ready: [JobRecord] = []
        var delayed: [JobRecord] = []
        var blocked: [JobRecord] = []
        var running: [UUID: JobRecord] = [:]
        var holders: [String: UUID] = [:]

        private func load(_ group: String) -> Double {
            Double(running.values.count { JobEnvelope.group(of: $0) == group })
        }

        private static func precedes(_ left: JobRecord, _ right: JobRecord) -> Bool {
            let scores = (JobEnvelope.score(of: left), JobEnvelope.score(of: right))
            return scores.0 == scores.1 ? left.id.text < right.id.text : scores.0 < scores.1
        }

        /// The first job of the group that comes first when each is pushed back by what it runs.
        private func next() -> JobRecord? {
            let heads = Dictionary(grouping: ready, by: JobEnvelope.group(of:)).compactMap { group, jobs in
                jobs.min(by: Self.precedes).map { head in
                    (group: group, place: JobEnvelope.score(of: head) + 1000 * load(group), head: head)
                }
            }
            return heads.min { ($0.place, $0.group) < ($1.place, $1.group) }?.head
        }

        mutating func claim(_ limit: Int) -> [UUID] {
            ready += delayed
            delayed = []
            var claimed: [UUID] = []
            while claimed.count < limit, let job = next() {
                ready.removeAll { $0.id == job.id }
                if let key = job.exclusiveKey {
                    guard holders[key] == nil else {
                        blocked.append(job)
                        continue
                    }
                    holders[key] = job.id
                }
                running[job.id] = job
                claimed.append(job.id)
            }
            return claimed
        }

        mutating func settle(_ id: UUID, isDone: Bool, isDelayed: Bool) {
            guard let job = running.removeValue(forKey: id) else { return }
            if isDelayed { delayed.append(job) } else if !isDone { ready.append(job) }
            guard let key = job.exclusiveKey else { return }
            holders[key] = nil
            guard let freed = blocked.filter({ $0.exclusiveKey == key }).min(by: Self.precedes) else {
                return
            }
            blocked.removeAll { $0.id == freed.id }
            ready.append(freed)
        }

        var counts: [Int] { [ready.count, delayed.count, blocked.count, running.count] }
    }

    @Test(arguments: [1, 2, UInt64.random(in: 100...UInt64.max)])
    func agreesWithTheModel(seed: UInt64) async throws {
        try await TestFleet.with { fleet async throws in
            var random = SeededGenerator(seed: seed)
            var model = Model()
            var leases: [Lease] = []
            let groups = (0..<3).map { _ in UUID() }
            let base = Date(millisecondsSince1970: Date().millisecondsSince1970 + 3_600_000)
            for step in 0..<300 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4:
                    let job = JobRecord.sample(
                        cluster: groups.randomElement(using: &random),
                        priority: .random(in: 1...4, using: &random),
                        deadline: base.addingTimeInterval(Double(Int.random(in: 0..<8, using: &random)) / 2),
                        exclusiveKey: ["a", "b", nil, nil].randomElement(using: &random) ?? nil
                    )
                    try await fleet.index.enqueue([.init(job: job)])
                    model.ready.append(job)
                case 4..<7:
                    let limit = Int.random(in: 1...4, using: &random)
                    // A lease of no length has ended at once, so that any claim may be recovered.
                    let claimed = try await fleet.claim(limit, lease: .zero)
                    let expected = model.claim(limit)
                    try #require(claimed.map(\.job.id) == expected, "seed \(seed), step \(step)")
                    leases += claimed
                default:
                    guard let lease = leases.randomElement(using: &random) else { continue }
                    leases.removeAll { $0.fence == lease.fence }
                    let settlements: [LiveIndex.Settlement] = [
                        .done, .done, .retry(after: .zero), .release, .recover,
                    ]
                    let how = settlements[Int.random(in: 0..<5, using: &random)]
                    #expect(try await fleet.settle(lease, how))
                    #expect(try await !fleet.settle(lease, how))
                    var (isDone, isDelayed) = (false, false)
                    switch how {
                    case .done: isDone = true
                    case .retry: isDelayed = true
                    case .release, .recover: break
                    }
                    model.settle(lease.job.id, isDone: isDone, isDelayed: isDelayed)
                }
                if step % 20 == 0, let stats = try await fleet.index.stats(of: nil).first {
                    let counts = [stats.ready, stats.delayed, stats.blocked, stats.running]
                    try #require(counts == model.counts, "seed \(seed), step \(step)")
                }
            }
            while !leases.isEmpty || model.counts.reduce(0, +) > 0 {
                for lease in leases {
                    #expect(try await fleet.settle(lease, .done))
                    model.settle(lease.job.id, isDone: true, isDelayed: false)
                }
                leases = try await fleet.claim(10)
                try #require(leases.map(\.job.id) == model.claim(10), "seed \(seed), at the end")
            }
            #expect(try await fleet.leftovers() == [])
        }
    }
}
