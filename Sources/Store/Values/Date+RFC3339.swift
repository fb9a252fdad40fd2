public import FoundationEssentials

extension Date {
    /// The time as every answer and log line writes it: `2026-01-31T12:00:00.000Z` (RFC 3339, UTC).
    public var rfc3339: String {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(self)
    }

    /// Reads a time in RFC 3339, with or without a fraction, in any zone; nil if it is none.
    public init?(rfc3339 text: String) {
        let forms = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        // A failure only means: try the next form.
        guard let date = forms.lazy.compactMap({ try? $0.parse(text) }).first else { return nil }
        self = date
    }
}
