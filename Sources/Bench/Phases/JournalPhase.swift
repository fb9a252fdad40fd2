import FoundationEssentials
import Jobs
import Store

/// What PostgreSQL takes by itself: jobs and their outcomes by the journal's own statements, without Redis.
struct JournalPhase {
    private static let batch = 1000
    private static let batchesAtOnce = 4

    let jobs: Int
    let load: JobLoad

    func run(_ bed: TestBed, _ report: inout BenchReport) async throws {
        let journal = bed.queue.journal
        let epoch = try await journal.epoch()
        let started = ContinuousClock.now
        let rows = try await withThrowingTaskGroup(of: Int.self) { group in
            var left = (jobs + Self.batch - 1) / Self.batch
            func writeNext() {
                guard left > 0 else { return }
                left -= 1
                group.addTask { try await write(to: journal, fence: epoch) }
            }
            for _ in 0..<Self.batchesAtOnce { writeNext() }
            var rows = 0
            while let count = try await group.next() {
                rows += count
                writeNext()
            }
            return rows
        }
        report.add("postgres_rows_per_s", Double(rows) / started.duration(to: .now).seconds, unit: "/s")
    }

    private func write(to journal: JobJournal, fence: Int64) async throws -> Int {
        let now = Date()
        let acceptances = try (0..<Self.batch).map { _ in try load.submission().accepted(at: now) }
        _ = try await journal.accept(acceptances)
        let attempts = acceptances.map { acceptance in
            AttemptRecord(
                jobID: acceptance.record.id,
                fence: fence,
                attempt: 1,
                queue: acceptance.record.queue,
                workerID: "bench",
                startedAt: now,
                duration: .milliseconds(1),
                status: .success,
                isTerminal: true
            )
        }
        let verdicts = try await journal.record(attempts)
        guard verdicts.allSatisfy({ $0 == .recorded }) else {
            throw BenchError("the journal refused outcomes")
        }
        return acceptances.count + attempts.count
    }
}
