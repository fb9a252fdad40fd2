import Crypto
import FoundationEssentials

/// The access keys of the simulated account: one for the fleet, and one for each session of the customer's role.
///
/// Nothing is kept of a session: its token says whose it is and until when, with a code over that, so that sessions
/// outlive a restart of the sandbox and take no memory.
struct KeyRing: Sendable {
    /// Who calls.
    enum Caller: Sendable, Equatable {
        /// The fleet by its own key, which may only take on roles.
        case fleet
        /// A session of a role.
        case session(role: String, name: String)
    }

    /// A key for requests.
    struct Key: Sendable {
        let id: String
        let secret: String
        var token: String?
        var expiration = 0.0
    }

    private let secret: SymmetricKey

    init(secret: [UInt8]) {
        self.secret = SymmetricKey(data: secret)
    }

    /// The fleet's own key.
    var fleet: Key { key("AKIA", "fleet") }

    /// A new session of a role, narrowed by a policy.
    func session(
        of role: String,
        name: String,
        policy: String? = nil,
        nonce: String,
        until expiration: Double
    ) -> Key {
        var key = key("ASIA", "\(role) \(name) \(nonce)")
        let limits = policy.map { Data($0.utf8).base64EncodedString() } ?? ""
        let claims = "\(key.id)|\(Int(expiration))|\(role)|\(name)|\(limits)"
        key.token = Data("\(claims)|\(hexadecimal("token " + claims))".utf8).base64EncodedString()
        key.expiration = expiration
        return key
    }

    /// What is known of a request's key.
    struct Identity: Sendable {
        let caller: Caller
        /// What requests must be signed with.
        let secret: String
        /// What the session is narrowed to; nil for no limits.
        var policy: String?
    }

    /// Whose key a request names.
    ///
    /// - Throws: ``AWSFault`` for a key that was not given out, or whose session is over.
    func identity(_ id: String, token: String?, at now: Double) throws(AWSFault) -> Identity {
        guard let token else {
            guard id == fleet.id else { throw .unknownKey }
            return Identity(caller: .fleet, secret: fleet.secret)
        }
        guard let data = Data(base64Encoded: token) else { throw .unknownKey }
        let parts = String(decoding: data, as: UTF8.self)
            .split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == id, let expiration = Double(parts[1]),
            hexadecimal("token " + parts[0...4].joined(separator: "|")) == parts[5]
        else { throw .unknownKey }
        guard now < expiration else { throw .expiredToken }
        return Identity(
            caller: .session(role: parts[2], name: parts[3]),
            secret: hexadecimal("secret \(id)"),
            policy: Data(base64Encoded: parts[4]).flatMap {
                $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self)
            }
        )
    }

    private func key(_ prefix: String, _ purpose: String) -> Key {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let id = prefix + String(code("key \(purpose)").prefix(16).map { letters[Int($0) % 32] })
        return Key(id: id, secret: hexadecimal("secret \(id)"))
    }

    private func code(_ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: secret))
    }

    private func hexadecimal(_ text: String) -> String { Hexadecimal.text(code(text)) }
}

enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
