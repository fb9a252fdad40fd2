/// One call, before it is signed.
struct AWSCall: Sendable {
    let service: AWSService
    let action: String
    let contentType: String
    var headers: [(String, String)] = []
    let body: [UInt8]
    /// Whether doing it twice does no more than once.
    var isRepeatable = true
    /// How long the service may take by design: a long poll's wait.
    var wait = Duration.zero
    /// The largest answer.
    var bodyLimit = 32 << 20

    /// As in `ec2:TerminateInstances`.
    var name: String { "\(service.rawValue):\(action)" }
}
