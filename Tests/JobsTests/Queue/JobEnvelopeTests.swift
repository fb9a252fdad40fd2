import FoundationEssentials
import Store
import Testing

@testable import Jobs

struct JobEnvelopeTests {
    private var full: JobRecord {
        JobRecord(
            id: .version7(),
            type: "collect-metrics",
            queue: "collect-metrics",
            clusterID: UUID(),
            customerID: UUID(),
            parameters: Array(#"{"a":"é"}"#.utf8),
            priority: 7,
            deadline: Date(timeIntervalSince1970: 1_760_000_060.5),
            runAt: Date(timeIntervalSince1970: 1_760_000_000.25),
            maxAttempts: 100,
            exclusiveKey: "collect-metrics:é",
            dedupeKey: String(repeating: "d", count: 200),
            isDryRun: true,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            submittedAt: Date(timeIntervalSince1970: 1_760_000_000.125),
            submittedBy: "schedule:metrics"
        )
    }

    @Test(arguments: [true, false])
    func readsWhatItWrote(isReloaded: Bool) throws {
        for job in [full, .sample(deadline: nil, runAt: Date(timeIntervalSince1970: 1_760_000_000))] {
            var job = job
            job.submittedAt = Date(timeIntervalSince1970: 1_760_000_001)
            let envelope = JobEnvelope(job: job, isReloaded: isReloaded)
            #expect(try JobEnvelope(id: job.id.bytes, bytes: envelope.encoded()) == envelope)
        }
    }

    @Test func refusesEveryTruncation() {
        let bytes = JobEnvelope(job: full, isReloaded: false).encoded()
        for count in 0..<bytes.count {
            #expect(throws: JobEnvelopeError.self) {
                try JobEnvelope(id: full.id.bytes, bytes: Array(bytes.prefix(count)))
            }
        }
    }

    @Test func refusesALayoutItDoesNotKnow() throws {
        let job = JobRecord.sample()
        var bytes = JobEnvelope(job: job, isReloaded: false).encoded()
        // After score and deadline: the group "fleet" and no exclusive key.
        let position = 8 + 8 + 1 + 5 + 1
        #expect(bytes[position] == 1)
        bytes[position] = 99
        #expect(throws: JobEnvelopeError.unknownLayout) { try JobEnvelope(id: job.id.bytes, bytes: bytes) }
    }

    @Test func surpassesNoLengthItCanWrite() throws {
        var job = full
        job.submittedBy = String(repeating: "é", count: 200)
        let read = try JobEnvelope(
            id: job.id.bytes,
            bytes: JobEnvelope(job: job, isReloaded: false).encoded()
        )
        #expect(read.job.submittedBy.utf8.count >= 250)
    }

    @Test func scoresByPriorityThenDeadline() {
        let soon = Date().addingTimeInterval(1)
        let late = Date().addingTimeInterval(731 * 86_400)
        func score(_ priority: Int, _ deadline: Date) -> Double {
            JobEnvelope.score(of: .sample(priority: priority, deadline: deadline))
        }
        #expect(score(1, late) < score(2, soon))
        #expect(score(9, late) < score(10, soon))
        #expect(score(5, soon) < score(5, late))
        #expect(score(5, soon) < score(5, soon.addingTimeInterval(0.001)))
    }

    @Test func groupsByClusterThenCustomer() {
        var job = full
        #expect(JobEnvelope.group(of: job) == job.clusterID?.text)
        job.clusterID = nil
        #expect(JobEnvelope.group(of: job) == job.customerID?.text)
        job.customerID = nil
        #expect(JobEnvelope.group(of: job) == "fleet")
    }
}
