internal import Cryptography

/// Names one launch, so that asking for it again, after a crash or without an answer, does not launch twice.
///
/// The same job, step and epoch make the same token. The epoch changes only after a *definitive* failure, as
/// when there was no capacity, never because an answer did not come: then the launch may have happened.
public struct IdempotencyToken: Hashable, Sendable, CustomStringConvertible {
    /// 59 ASCII characters; AWS takes up to 64.
    public let text: String

    /// Makes the token of a step of a job.
    ///
    /// - Parameters:
    ///   - job: The job's id.
    ///   - step: Which of its calls.
    ///   - epoch: How often it was given up and begun anew.
    public init(job: String, step: String, epoch: Int) {
        // With lengths, so that no two triples are the same bytes.
        let input = "\(job.utf8.count):\(job)\(step.utf8.count):\(step)\(epoch)"
        text = "cloudoptim-" + Hex.encode(SHA256Digest.hash(Array(input.utf8)).prefix(24))
    }

    /// The text.
    public var description: String { text }
}
