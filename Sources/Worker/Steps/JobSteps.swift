import FoundationEssentials
import Jobs
import Store
import Synchronization

/// The stored steps of the job that runs, written under its claim.
///
/// Once a step could not be written because the claim is over, ``mayAct()`` refuses everything.
final class JobSteps: Sendable {
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
    static func load(_ store: StepStore, _ context: JobContext) async throws -> JobSteps {
        let known = try await store.steps(of: context.job.id)
        return JobSteps(store: store, job: context.job.id, fence: context.fence, known: known)
    }

    /// Reads what another job recorded; nothing can be recorded through it.
    static func read(_ store: StepStore, of job: UUID) async throws -> JobSteps {
        let known = try await store.steps(of: job)
        let steps = JobSteps(store: store, job: job, fence: 0, known: known)
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
    /// - Throws: ``ClaimIsOver`` if another worker has the job by now.
    func record(_ step: String, _ content: some Encodable) async throws {
        try mayAct()
        let bytes = try [UInt8](Self.encoder().encode(content))
        guard try await store.record(step, bytes, of: job, fence: fence) else {
            isOver.withLock { $0 = true }
            throw ClaimIsOver()
        }
        known.withLock { $0[step] = bytes }
    }

    /// Asked before each change outside.
    func mayAct() throws {
        try Task.checkCancellation()
        if isOver.withLock(\.self) { throw ClaimIsOver() }
    }

    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.rfc3339)
        }
        return encoder
    }

    private static func decoder() -> JSONDecoder {
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

/// Another worker has the job by now.
struct ClaimIsOver: Error, RetryableError, CustomStringConvertible {
    let isRetryable = true
    let description = "another worker has the job by now"
}

extension JSONValue {
    /// What JSON says of a value, for outcomes.
    init(encoding value: some Encodable) throws {
        try self.init(parsing: [UInt8](JobSteps.encoder().encode(value)))
    }
}
