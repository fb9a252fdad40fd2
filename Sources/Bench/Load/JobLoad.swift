import FoundationEssentials
import Jobs
import Store

/// The jobs that are measured: they do nothing, and carry a payload there and back.
struct JobLoad {
    /// The queue they wait in.
    static let queue = JobType.noop.rawValue

    let parameters: [String: JSONValue]

    /// - Parameter payload: Bytes that each job carries; 0 for none.
    init(payload: Int) {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        let bytes = (0..<payload).map { _ in
            // Not compressible, and the same in each run.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return letters[Int(state >> 33) % letters.count]
        }
        parameters = payload > 0 ? ["payload": .string(String(decoding: bytes, as: UTF8.self))] : [:]
    }

    /// One job.
    func submission() -> JobSubmission {
        var submission = JobSubmission(type: JobType.noop.rawValue, submittedBy: "bench")
        submission.parameters = parameters
        return submission
    }

    /// One job as a request's body.
    func body() throws -> [UInt8] {
        try JSONValue.object(["type": .string(JobType.noop.rawValue), "parameters": .object(parameters)])
            .serialized()
    }
}
