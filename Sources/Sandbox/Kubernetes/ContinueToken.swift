import FoundationEssentials

/// The opaque token with which a client asks for the next page of a list.
struct ContinueToken: Equatable, Sendable {
    /// How long a token is good for, as with a real API server's five minutes of history.
    static let lifetime = 300.0

    /// The first item of the next page.
    let offset: Int
    /// Seconds since 1970 when the list began.
    let started: Int

    init(offset: Int, started: Int) {
        self.offset = offset
        self.started = started
    }

    /// Reads a token; nil if it is none of ours.
    init?(_ text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(separator: ":")
        guard parts.count == 3, parts[0] == "v1", let offset = Int(parts[1]), let started = Int(parts[2]),
            offset >= 0
        else { return nil }
        self.init(offset: offset, started: started)
    }

    /// The token as text, safe in a query but for its padding, which clients encode.
    var text: String { Data("v1:\(offset):\(started)".utf8).base64EncodedString() }
}
