import FoundationEssentials

/// The opaque token with which a client asks for the next page of a list.
struct ContinueToken: Equatable, Sendable {
    /// How long a token is good for, as with a real API server's five minutes of history.
    static let lifetime = 300.0

    /// The key of the last item of the page before: lists may change between pages, and nothing is left out.
    let after: String
    /// Seconds since 1970 when the list began.
    let started: Int

    init(after: String, started: Int) {
        self.after = after
        self.started = started
    }

    /// Reads a token; nil if it is none of ours.
    init?(_ text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 2)
        guard parts.count == 3, parts[0] == "v1", let started = Int(parts[1]) else { return nil }
        self.init(after: String(parts[2]), started: started)
    }

    /// The token as text, safe in a query but for its padding, which clients encode.
    var text: String { Data("v1:\(started):\(after)".utf8).base64EncodedString() }
}
