import FoundationEssentials
import Store

extension JobAcceptance {
    static func sample(
        id: UUID = .version7(),
        type: String = "noop",
        customer: UUID? = nil,
        cluster: UUID? = nil,
        dedupeKey: String? = nil,
        idempotency: (key: String, request: UInt8)? = nil,
        priority: Int = 5,
        parameters: String = "{}"
    ) -> JobAcceptance {
        JobAcceptance(
            record: JobRecord(
                id: id,
                type: type,
                queue: type,
                clusterID: cluster,
                customerID: customer,
                parameters: Array(parameters.utf8),
                priority: priority,
                runAt: Date(),
                maxAttempts: 3,
                dedupeKey: dedupeKey,
                submittedAt: Date(),
                submittedBy: "test"
            ),
            runsAtOnce: true,
            deadlineAfter: 60,
            idempotency: idempotency.map { .init(key: $0.key, requestHash: [$0.request]) }
        )
    }
}

extension AttemptRecord {
    static func sample(
        of job: UUID,
        fence: Int64,
        _ status: Status = .success,
        isTerminal: Bool = true,
        holdsDedupeKey: Bool = false
    ) -> AttemptRecord {
        AttemptRecord(
            jobID: job,
            fence: fence,
            attempt: 1,
            queue: "noop",
            workerID: "w1",
            startedAt: Date(timeIntervalSince1970: 1_760_000_000),
            duration: .milliseconds(1500),
            status: status,
            isTerminal: isTerminal,
            holdsDedupeKey: holdsDedupeKey
        )
    }
}

extension AcceptanceVerdict {
    var accepted: JobRecord? {
        guard case .accepted(let job) = self else { return nil }
        return job
    }
}
