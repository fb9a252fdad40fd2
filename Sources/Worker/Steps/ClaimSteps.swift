import FoundationEssentials
import Jobs
import Store
import Synchronization

/// The steps of a job as one claim of it sees them: what earlier claims left, and the leave to act.
///
/// Whoever records a step learns whether the claim is over, and remembers it: from then on nothing may be done.
final class ClaimSteps: Sendable {
    private let store: StepStore
    private let job: UUID
    private let fence: Int64
    private let known: Mutex<[String: [UInt8]]>
    private let isOver = Mutex(false)

    private init(store: StepStore, job: UUID, fence: Int64, known: [String: [UInt8]]) {
        self.store = store
        self.job = job
        self.fence = fence
        self.known = Mutex(known)
    }

    /// Reads what earlier runs of a job recorded.
    static func load(_ store: StepStore, _ context: JobContext) async throws -> ClaimSteps {
        let known = try await store.steps(of: context.job.id)
        return ClaimSteps(store: store, job: context.job.id, fence: context.fence, known: known)
    }

    /// Reads what another job recorded; nothing can be recorded through it.
    static func read(_ store: StepStore, of job: UUID) async throws -> ClaimSteps {
        let known = try await store.steps(of: job)
        let steps = ClaimSteps(store: store, job: job, fence: 0, known: known)
        steps.isOver.withLock { $0 = true }
        return steps
    }

    /// What is known of a step; nil if it was not taken.
    ///
    /// - Throws: `DecodingError` if another release recorded it in a form that this one does not know.
    func read<Content: Decodable>(_ step: String, as type: Content.Type = Content.self) throws -> Content? {
        guard let bytes = known.withLock({ $0[step] }) else { return nil }
        return try Self.decoder().decode(type, from: Data(bytes))
    }

    /// Records a step.
    ///
    /// - Throws: `JobFailure` with `lease_lost` if the claim is over; what the database throws.
    func record(_ step: String, _ content: some Encodable) async throws {
        try mayAct()
        // Texts of servers may hold what jsonb does not take.
        let bytes = try JSONValue(parsing: [UInt8](Self.encoder().encode(content))).withoutNUL.serialized()
        guard try await store.record(step, bytes, of: job, fence: fence) else {
            isOver.withLock { $0 = true }
            throw Self.leaseLost
        }
        known.withLock { $0[step] = bytes }
    }

    /// Throws if this claim may do no more: it was interrupted, or another took its place.
    ///
    /// - Throws: `CancellationError`; `JobFailure` with `lease_lost`.
    func mayAct() throws {
        try Task.checkCancellation()
        if isOver.withLock(\.self) { throw Self.leaseLost }
    }

    /// Asks the database whether this claim may act, and notes that it is about to.
    ///
    /// - Throws: `CancellationError`; `JobFailure` with `lease_lost`; what the database throws.
    func begin() async throws {
        try await record("begun", ["by": "worker"])
        try mayAct()
    }

    private static let leaseLost = JobFailure(
        code: "lease_lost",
        message: "the worker lost its claim of the job, and another one goes on",
        isRetryable: true
    )

    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.rfc3339)
        }
        return encoder
    }

    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let date = Date(rfc3339: text) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "no time of RFC 3339")
                )
            }
            return date
        }
        return decoder
    }
}
