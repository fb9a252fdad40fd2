import FoundationEssentials
import Store

/// A job as Redis holds it: a header for the scripts, then everything a worker needs to run it.
///
/// The header is `>ddBc0Bc0` of the prelude: score, deadline in ms (0: none), group, exclusive key.
struct JobEnvelope: Equatable {
    /// The version of the layout after the header.
    private static let layout: UInt8 = 1

    var job: JobRecord
    /// Whether it was put into Redis from the journal some time after its submission: it may have run since.
    var isReloaded: Bool

    /// Jobs of one group share fairly with other groups: a cluster's, else a customer's, else the fleet's.
    static func group(of job: JobRecord) -> String {
        (job.clusterID ?? job.customerID)?.text ?? "fleet"
    }

    /// What orders jobs: the band of the priority, then the deadline.
    ///
    /// Every accepted job has a deadline: its own, or its type's after the time it may start.
    static func score(of job: JobRecord) -> Double {
        let order = job.deadline ?? job.submittedAt
        return Double(job.priority) * 4_398_046_511_104 + Double(order.millisecondsSince1970)
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 256 + job.parameters.count)
        writer.append(Self.score(of: job))
        writer.append(Double(job.deadline?.millisecondsSince1970 ?? 0))
        writer.appendShort(Self.group(of: job).utf8)
        writer.appendShort((job.exclusiveKey ?? "").utf8)
        writer.append(Self.layout)
        writer.append(flags)
        writer.append(UInt8(job.priority))
        writer.append(UInt8(job.maxAttempts))
        writer.append(Self.microseconds(job.runAt))
        writer.append(Self.microseconds(job.submittedAt))
        writer.append(job.deadline.map(Self.microseconds) ?? 0)
        writer.appendShort(job.clusterID?.bytes ?? [])
        writer.appendShort(job.customerID?.bytes ?? [])
        writer.appendShort(job.type.utf8)
        writer.appendShort(job.queue.utf8)
        writer.appendShort((job.dedupeKey ?? "").utf8)
        writer.appendShort((job.traceparent ?? "").utf8)
        writer.appendShort(job.submittedBy.utf8.prefix(255))
        writer.appendLong(job.parameters)
        return writer.bytes
    }

    init(job: JobRecord, isReloaded: Bool) {
        self.job = job
        self.isReloaded = isReloaded
    }

    /// Reads an envelope.
    ///
    /// - Throws: ``JobEnvelopeError`` if it was not written by ``encoded()`` of a known layout.
    init(id: [UInt8], bytes: [UInt8]) throws(JobEnvelopeError) {
        guard let id = UUID(bytes: id) else { throw .truncated }
        var reader = ByteReader(bytes)
        _ = try reader.double()
        _ = try reader.double()
        _ = try reader.short()
        let exclusiveKey = Self.text(try reader.short())
        guard try reader.byte() == Self.layout else { throw .unknownLayout }
        let flags = try reader.byte()
        let priority = Int(try reader.byte())
        let maxAttempts = Int(try reader.byte())
        let runAt = Self.date(try reader.word())
        let submittedAt = Self.date(try reader.word())
        let deadline = try reader.word()
        isReloaded = flags & 2 != 0
        job = JobRecord(
            id: id,
            type: "",
            queue: "",
            clusterID: UUID(bytes: try reader.short()),
            customerID: UUID(bytes: try reader.short()),
            parameters: [],
            priority: priority,
            deadline: deadline == 0 ? nil : Self.date(deadline),
            runAt: runAt,
            maxAttempts: maxAttempts,
            exclusiveKey: exclusiveKey,
            isDryRun: flags & 1 != 0,
            submittedAt: submittedAt,
            submittedBy: ""
        )
        job.type = Self.text(try reader.short()) ?? ""
        job.queue = Self.text(try reader.short()) ?? ""
        job.dedupeKey = Self.text(try reader.short())
        job.traceparent = Self.text(try reader.short())
        job.submittedBy = Self.text(try reader.short()) ?? ""
        job.parameters = try reader.long()
    }

    private var flags: UInt8 { (job.isDryRun ? 1 : 0) | (isReloaded ? 2 : 0) }

    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func microseconds(_ date: Date) -> UInt64 {
        UInt64(max(0, (date.timeIntervalSince1970 * 1_000_000).rounded()))
    }

    private static func date(_ microseconds: UInt64) -> Date {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}

/// A job in Redis cannot be read.
enum JobEnvelopeError: Error {
    /// It ends too early.
    case truncated
    /// A newer release wrote it.
    case unknownLayout
}
