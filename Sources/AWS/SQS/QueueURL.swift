internal import HTTPClient

/// The URL of a customer's queue, checked.
///
/// Customers give it to us. Messages are asked for at our own region's endpoint, and the URL is sent along in
/// the request; still no other host than SQS's is let through, so that nothing that uses it later can be led
/// elsewhere.
public struct QueueURL: Hashable, Sendable, CustomStringConvertible {
    /// As given.
    public let text: String
    /// The queue's account: twelve digits.
    public let account: String
    /// The queue's name.
    public let name: String
    /// Its region.
    public let region: AWSRegion

    /// Checks a URL.
    ///
    /// - Parameters:
    ///   - text: As in `https://sqs.eu-central-1.amazonaws.com/123456789012/interruptions`.
    ///   - region: The region it must be of.
    ///   - account: The account it must be of; `nil` for any.
    ///   - endpoints: Where services are: if SQS is elsewhere, the host isn't checked.
    /// - Throws: ``AWSError`` with code `invalidRequest`, saying what is wrong.
    public init(
        _ text: String,
        region: AWSRegion,
        account: String? = nil,
        endpoints: AWSEndpoints = AWSEndpoints()
    ) throws(AWSError) {
        guard let parts = try? RequestURL(text), !parts.hasQuery, !parts.hasFragment, text.utf8.count <= 512
        else { throw Self.refusal("it is no URL") }
        if !endpoints.isReplaced(.sqs) {
            guard parts.scheme == "https" else { throw Self.refusal("it must be https") }
            let host = "sqs.\(region.name).\(region.partition.domain)"
            guard parts.host == host, parts.port == "443" else {
                throw Self.refusal("its host must be \(host)")
            }
        }
        let path = parts.path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.count >= 3, RoleARN.isAccount(path[path.count - 2]),
            endpoints.isReplaced(.sqs) || path.count == 3
        else { throw Self.refusal("its path must be an account and a queue's name") }
        let name = String(path[path.count - 1])
        let bare = name.hasSuffix(".fifo") ? name.dropLast(5) : name[...]
        let isName = bare.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard !bare.isEmpty, name.utf8.count <= 80, isName else {
            throw Self.refusal("its last part is no queue's name")
        }
        if let account, account != path[path.count - 2] {
            throw Self.refusal("it is of another account")
        }
        self.text = text
        self.region = region
        self.account = String(path[path.count - 2])
        self.name = name
    }

    /// As policies name the queue.
    public var arn: String { "arn:\(region.partition.rawValue):sqs:\(region.name):\(account):\(name)" }

    /// As given.
    public var description: String { text }

    private static func refusal(_ reason: String) -> AWSError {
        AWSError(.invalidRequest, "the queue's URL can't be used: \(reason)")
    }
}
