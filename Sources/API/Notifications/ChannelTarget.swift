import HTTPClient
import Store

/// The checks of a channel's target.
enum ChannelTarget {
    /// As much of a target as may be shown.
    ///
    /// - Throws: ``APIError`` if nothing may be sent there.
    static func shown(
        _ target: String,
        of kind: NotificationChannelRecord.Kind,
        policy: HTTPAddressPolicy
    ) throws -> String {
        guard target.utf8.count <= 2048 else {
            throw APIError.invalid("target", "must have 2048 bytes at most")
        }
        if kind == .email {
            guard MailSender.isAddress(target) else {
                throw APIError.invalid("target", "must be an address such as ops@example.com")
            }
            return target
        }
        let url: RequestURL
        do {
            url = try RequestURL(target)
        } catch {
            throw APIError.invalid("target", "must be a URL: \(error.message)")
        }
        guard !url.hasFragment else { throw APIError.invalid("target", "must have no fragment") }
        // Clear text only where the operator allows endpoints on his own network.
        guard url.scheme == "https" || (policy == .any && kind == .webhook) else {
            throw APIError.invalid("target", "must begin with https://")
        }
        if policy == .publicOnly, url.isNotPublic {
            throw APIError.invalid("target", "must be an address of the public internet")
        }
        return "\(url.origin)/…"
    }

    /// - Throws: ``APIError`` if there is no such kind of event.
    static func check(kinds: [String]?) throws {
        let known = NotificationKind.allCases.map(\.rawValue)
        guard let kinds, !kinds.allSatisfy(known.contains) else { return }
        throw APIError.invalid("kinds", "names a kind of event that there is not", valid: known)
    }
}

extension RequestURL {
    /// Whether its host is an address that is not of the public internet; of a name only its connection can tell.
    fileprivate var isNotPublic: Bool {
        let host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return host == "localhost" || IPAddress(host).map { !$0.isPublic } ?? false
    }
}
