import FoundationEssentials
import Redis
import Store
import TestKit
import Testing

@testable import Jobs

/// Random steps against a reference model and the real queue, which must agree at each of them: 100,000 in all.
@Suite(.timeLimit(.minutes(4)))
struct QueueModelTests {
    private static let steps = 12_500

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, UInt64.random(in: 100...UInt64.max)])
    func agreesWithTheModel(seed: UInt64) async throws {
        try await TestFleet.with { fleet async throws in
            // The first script would begin an epoch, and clear what steps before it had set.
            _ = try await fleet.index.agreedEpoch()
            var run = ModelRun(seed: seed, fleet: fleet)
            for step in 0..<Self.steps {
                do {
                    try await run.step()
                } catch {
                    Issue.record("seed \(seed), step \(step): \(error)")
                    return
                }
            }
            try await run.finish()
            #expect(try await fleet.leftovers() == [], "seed \(seed)")
        }
    }
}

/// One seed's steps.
private struct ModelRun {
    private var random: SeededGenerator
    private let fleet: TestFleet
    private var model = QueueModel()
    private var leases: [Lease] = []
    private var ended: [Lease] = []
    private let groups = (0..<3).map { _ in UUID() }
    private let base = Date(millisecondsSince1970: Date().millisecondsSince1970 + 36_000_000)

    init(seed: UInt64, fleet: TestFleet) {
        random = SeededGenerator(seed: seed)
        self.fleet = fleet
    }

    mutating func step() async throws {
        let submits = model.live < 40
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<330 where submits: try await submit()
        case 0..<600: try await claim()
        case 600..<900: try await settle()
        case 900..<930: try await settleAnOldClaim()
        case 930..<965: try await cancel()
        case 965..<975: try await pause()
        case 975..<977: try await loseRedis()
        default: try await compareCounts()
        }
    }

    private mutating func submit() async throws {
        // Past deadlines are far past, and future ones far ahead: the steps' own time decides nothing.
        let isLate = Int.random(in: 0..<20, using: &random) == 0
        let offset = Double(Int.random(in: 0..<8, using: &random)) / 2
        let job = JobRecord.sample(
            cluster: groups.randomElement(using: &random),
            priority: .random(in: 1...4, using: &random),
            deadline: isLate
                ? Date(timeIntervalSince1970: 1_000_000 + offset) : base.addingTimeInterval(offset),
            runAt: Date(timeIntervalSince1970: Int.random(in: 0..<4, using: &random) == 0 ? 1 : 2),
            exclusiveKey: ["a", "b", nil, nil].randomElement(using: &random) ?? nil
        )
        try await fleet.index.enqueue([.init(job: job)])
        // Again, as the dispatcher might: it changes nothing.
        if Int.random(in: 0..<10, using: &random) == 0 {
            try await fleet.index.enqueue([.init(job: job, attemptsUsed: 7, isReloaded: true)])
        }
        model.ready.append(.init(job: job))
    }

    private mutating func claim() async throws {
        let limit = Int.random(in: 1...4, using: &random)
        let leastUrgent = Int.random(in: 0..<5, using: &random) == 0 ? 2 : 10
        // A lease of no length has ended at once, so that any claim may be recovered.
        let claimed = try await fleet.claim(limit, leastUrgent: leastUrgent, lease: .zero)
        let expected = model.claim(limit, leastUrgent: leastUrgent, now: Date())
        try compare(claimed.map(QueueModel.Claim.init), expected)
        leases += claimed
    }

    private mutating func settle() async throws {
        guard let lease = leases.randomElement(using: &random) else { return }
        leases.removeAll { $0.fence == lease.fence }
        let ways: [LiveIndex.Settlement] = [
            .done, .done, .done, .retry(after: .zero), .postpone(for: .zero), .release, .recover,
        ]
        let how = ways[Int.random(in: 0..<ways.count, using: &random)]
        try compare(try await fleet.settle(lease, how), true)
        model.settle(lease.job.id, how)
        ended.append(lease)
        if ended.count > 50 { ended.removeFirst() }
    }

    /// The token of a claim that is over moves nothing.
    private mutating func settleAnOldClaim() async throws {
        guard let lease = ended.randomElement(using: &random) else { return }
        for how in [
            LiveIndex.Settlement.done, .retry(after: .zero), .postpone(for: .zero), .release, .recover,
        ] {
            try compare(try await fleet.settle(lease, how), false)
        }
        try compare(try await fleet.index.extend([lease], by: .zero), [false])
    }

    private mutating func cancel() async throws {
        let jobs = model.waiting.map(\.job) + model.running.values.map(\.job)
        let sorted = jobs.sorted { $0.id.text < $1.id.text }
        guard let job = sorted.randomElement(using: &random) else { return }
        let wish = CancellationRecord(
            jobID: job.id,
            queue: job.queue,
            isSuperseded: false,
            requestedBy: "test",
            holdsDedupeKey: false
        )
        let isRunning = model.running[job.id] != nil
        let taking = try await fleet.index.takeBack([wish], as: "canceller", lease: .zero)[0]
        model.cancel(job.id)
        switch taking {
        case .running: try compare(isRunning, true)
        case .absent: try compare("absent", "live")
        case .taken(let fence, let at):
            try compare(isRunning, false)
            // From here on a claim like any other.
            leases.append(
                Lease(
                    job: job,
                    fence: fence,
                    attemptsUsed: 0,
                    mayHaveRun: false,
                    isExpired: false,
                    isCancelled: true,
                    claimedAt: at
                )
            )
        }
    }

    private mutating func pause() async throws {
        model.isPaused.toggle()
        try await fleet.index.setPaused(model.isPaused, "noop")
    }

    private mutating func loseRedis() async throws {
        try await fleet.wipeRedis()
        _ = try await fleet.index.agreedEpoch()
        let jobs = model.waiting + model.running.values
        try await fleet.index.markCancelled(Array(model.cancelled))
        try await fleet.index.enqueue(
            jobs.map { .init(job: $0.job, attemptsUsed: $0.attemptsUsed, isReloaded: true) }
        )
        if model.isPaused { try await fleet.index.setPaused(true, "noop") }
        model.reload()
        ended += leases
        leases = []
    }

    private func compareCounts() async throws {
        guard let stats = try await fleet.index.stats(of: ["noop"]).first else { return }
        let known = stats.delayed + stats.ready
        try compare(
            [known, stats.blocked, stats.running],
            [model.ready.count + model.delayed.count, model.blocked.count, model.running.count]
        )
    }

    /// Brings every job to its end.
    mutating func finish() async throws {
        if model.isPaused { try await pause() }
        var rounds = 0
        while !leases.isEmpty || model.live > 0 {
            rounds += 1
            guard rounds < 1000 else {
                throw Difference(real: "jobs that nobody gets", model: "\(model.waiting.map(\.job.id.text))")
            }
            for lease in leases {
                try compare(try await fleet.settle(lease, .done), true)
                model.settle(lease.job.id, .done)
            }
            leases = try await fleet.claim(10)
            try compare(
                leases.map(QueueModel.Claim.init),
                model.claim(10, leastUrgent: 10, now: Date())
            )
        }
    }

    private struct Difference: Error {
        let real: String
        let model: String
    }

    private func compare<Value: Equatable>(_ real: Value, _ model: Value) throws {
        guard real == model else { throw Difference(real: "\(real)", model: "\(model)") }
    }
}

extension QueueModel.Claim {
    init(_ lease: Lease) {
        self.init(
            id: lease.job.id,
            attemptsUsed: lease.attemptsUsed,
            mayHaveRun: lease.mayHaveRun,
            isExpired: lease.isExpired,
            isCancelled: lease.isCancelled
        )
    }
}
