import FoundationEssentials
import Postgres
import Redis
import Store
import Synchronization
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct EpochTests {
    @Test func anEmptiedRedisIsRebuiltAndAllJobsFinishOnce() async throws {
        try await TestFleet.with { fleet async throws in
            let ready = try await fleet.put((0..<20).map { _ in .sample(cluster: UUID(), priority: 3) })
            let delayed = try await fleet.put([.sample(runAt: Date().addingTimeInterval(1))])
            let dispatcher = Dispatcher(queue: fleet.queue, logger: fleet.logger)
            try await dispatcher.reload()
            #expect(try await fleet.index.isLoaded())
            let old = try await fleet.claim(5)
            #expect(old.count == 5)

            try await fleet.wipeRedis()

            #expect(try await !fleet.index.isLoaded())
            // The next call finds the epoch gone and begins a new one; the old claims are over.
            #expect(try await fleet.index.extend(old, by: .seconds(60)) == old.map { _ in false })
            #expect(try await fleet.settle(old[0], .done) == false)
            let late = AttemptRecord(
                jobID: old[0].job.id,
                fence: old[0].fence,
                attempt: 1,
                queue: "noop",
                workerID: "w1",
                startedAt: old[0].claimedAt,
                duration: .zero,
                status: .success,
                isTerminal: true
            )
            #expect(try await fleet.journal.record([late]) == [.outdated])
            #expect(try await dispatcher.reload() == 21)
            #expect(try await fleet.index.isLoaded())
            #expect(try await fleet.index.stats(of: ["noop"])[0].running == 0)

            let runs = Mutex<[UUID: Int]>([:])
            let handler = ClosureHandler { context in
                runs.withLock { $0[context.job.id, default: 0] += 1 }
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                for job in ready + delayed { _ = try await fleet.finished(job) }
            }
            let counts = runs.withLock { Array($0.values) }
            #expect(counts == Array(repeating: 1, count: 21))
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func aRestartedRedisIsNotTrusted() async throws {
        try await TestFleet.with { fleet async throws in
            let server = try PrivateRedis(isPersistent: true)
            var process = try await server.start()
            let client = RedisClient(
                configuration: try RedisConfiguration(url: server.url),
                logger: fleet.logger
            )
            let index = LiveIndex(redis: client, journal: fleet.journal, fleet: "f")
            let jobs = try await fleet.commit((0..<3).map { _ in .sample() })
            try await index.enqueue([.init(job: jobs[0])])
            try await server.snapshot()
            // What happens after the copy is what a restored Redis does not know.
            try await index.enqueue(jobs[1...].map { .init(job: $0) })
            let claims = try await index.claim(
                worker: "w",
                queues: ["noop"],
                limit: 3,
                leastUrgent: 10,
                lease: .seconds(60)
            )
            #expect(claims.leases.count == 3)
            let before = try await index.agreedEpoch()
            process.remove()
            try await server.restore()
            process = try await server.start()

            try await eventually("an answer of the restored Redis") {
                do {
                    return try await index.extend(claims.leases, by: .seconds(60)) == [false, false, false]
                } catch let error as RedisError where error.isRetryable {
                    return false
                }
            }
            let after = try await index.agreedEpoch()
            #expect(after.number > before.number)
            let queue = JobQueue(journal: fleet.journal, index: index, logger: fleet.logger)
            #expect(try await Dispatcher(queue: queue, logger: fleet.logger).reload() == 3)
            let again = try await index.claim(
                worker: "w",
                queues: ["noop"],
                limit: 9,
                leastUrgent: 10,
                lease: .seconds(60)
            )
            #expect(Set(again.leases.map(\.job.id)) == Set(jobs.map(\.id)))
            let fences = claims.leases.map(\.fence)
            #expect(again.leases.allSatisfy { lease in fences.allSatisfy { lease.fence > $0 } })
            await client.close()
            process.remove()
        }
    }

    @Test func runsGoOnWhileRedisIsEmptiedAgainAndAgain() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { _ in
                try await Task.sleep(for: .milliseconds(20))
                return JobReport()
            }
            let workers = (0..<2).map { _ in
                fleet.worker(handler: handler) { $0.heartbeat = .milliseconds(100) }
            }
            let dispatcher = Dispatcher(queue: fleet.queue, logger: fleet.logger)
            let watching = Task { await dispatcher.run() }
            defer { watching.cancel() }
            try await fleet.running(workers[0], workers[1]) { _ in
                var jobs: [JobRecord] = []
                for _ in 0..<3 {
                    for _ in 0..<4 {
                        let batch = (0..<10).map { _ in JobSubmission(type: "noop", submittedBy: "test") }
                        for case .success(.accepted(let job)) in try await fleet.queue.submit(batch: batch) {
                            jobs.append(job)
                        }
                    }
                    try await fleet.wipeRedis()
                }
                #expect(jobs.count == 120)
                try await eventually(within: .seconds(40), "all jobs finished") {
                    try await fleet.journal.entries(.init(outcome: .success), before: nil, limit: 200).count
                        == 120
                }
            }
            watching.cancel()
            await watching.value
            let entries = try await fleet.journal.entries(.init(), before: nil, limit: 200)
            #expect(entries.allSatisfy { $0.attempts.count(where: \.isTerminal) == 1 })
        }
    }

    @Test func aSecondProcessFollowsToTheNewEpoch() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            let other = try fleet.another()
            #expect(
                try await other.index.places(of: [(queue: "noop", id: job.id)]) == [.ready(attemptsUsed: 0)]
            )
            try await fleet.wipeRedis()
            let first = try await fleet.index.renewEpoch()
            #expect(try await other.index.places(of: [(queue: "noop", id: job.id)]) == [.absent])
            #expect(try await fleet.journal.epoch() == first.number)
        }
    }

    @Test func theDispatcherBringsWhatWasOnlyCommitted() async throws {
        try await TestFleet.with { fleet async throws in
            let dispatcher = Dispatcher(queue: fleet.queue, logger: fleet.logger)
            let old = JobRecord.sample()
            try await fleet.commit([old])
            try await dispatcher.reload()
            // What is under way is left to its submitter.
            let young = JobRecord.sample()
            try await fleet.commit([young])
            #expect(try await dispatcher.sweep(since: nil) == 0)
            _ = try await fleet.pool.execute("UPDATE jobs SET submitted_at = now() - interval '10 seconds'")
            #expect(try await dispatcher.sweep(since: nil) == 1)
            #expect(try await dispatcher.sweep(since: nil) == 0)
            let leases = try await fleet.claim(5)
            #expect(Set(leases.map(\.job.id)) == [old.id, young.id])
            #expect(leases.map(\.mayHaveRun) == [true, true])
        }
    }

    @Test func aFinishedJobThatIsBroughtAgainDoesNotRun() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            let lease = try #require(try await fleet.claim().first)
            let outcome = AttemptRecord(
                jobID: job.id,
                fence: lease.fence,
                attempt: 1,
                queue: "noop",
                workerID: "w1",
                startedAt: lease.claimedAt,
                duration: .zero,
                status: .success,
                isTerminal: true
            )
            _ = try await fleet.journal.record([outcome])
            #expect(try await fleet.settle(lease, .done))
            try await fleet.index.enqueue([.init(job: job, isReloaded: true)])
            let runs = Mutex(0)
            let handler = ClosureHandler { _ in
                runs.withLock { $0 += 1 }
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                try await eventually("the job to leave") { try await fleet.place(of: job) == .absent }
            }
            let count = runs.withLock(\.self)
            #expect(count == 0)
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func aRebuildKeepsTheAttemptsUsed() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            let lease = try #require(try await fleet.claim().first)
            let failure = AttemptRecord(
                jobID: job.id,
                fence: lease.fence,
                attempt: 1,
                queue: "noop",
                workerID: "w1",
                startedAt: lease.claimedAt,
                duration: .zero,
                status: .failed,
                isTerminal: false
            )
            _ = try await fleet.journal.record([failure])
            try await fleet.wipeRedis()
            try await Dispatcher(queue: fleet.queue, logger: fleet.logger).reload()
            #expect(try await fleet.place(of: job) == .ready(attemptsUsed: 1))
        }
    }

    @Test func aSubmissionIsAcceptedWhileRedisIsDown() async throws {
        try await TestFleet.with { fleet async throws in
            let away = RedisClient(
                configuration: try RedisConfiguration(url: "redis://127.0.0.1:1"),
                logger: fleet.logger
            )
            let queue = JobQueue(
                journal: fleet.journal,
                index: LiveIndex(redis: away, journal: fleet.journal, fleet: fleet.fleetName),
                logger: fleet.logger
            )
            let verdict = try await queue.submit(JobSubmission(type: "noop", submittedBy: "test"))
            guard case .accepted(let job) = verdict else {
                Issue.record("\(verdict)")
                return
            }
            let batch = try await queue.submit(batch: [JobSubmission(type: "noop", submittedBy: "test")])
            #expect(batch.count == 1)
            let view = try await queue.view(job.id)
            #expect(view?.state == .ready)
            await away.close()
            #expect(try await Dispatcher(queue: fleet.queue, logger: fleet.logger).reload() == 2)
            #expect(try await fleet.claim(5).count == 2)
        }
    }
}
