internal import FoundationEssentials
internal import HTTPClient
internal import Synchronization

/// How far our clock is from that of each host, as far as a refusal made us look.
final class ClockOffsets: Sendable {
    /// Signatures are good for five minutes: a difference below four is not why one was refused.
    private static let tolerance = 240.0

    private let seconds = Mutex<[String: Double]>([:])
    private let now: @Sendable () -> Date

    init(now: @escaping @Sendable () -> Date) { self.now = now }

    /// What the host's clock shows, as we know it.
    func date(at host: String) -> Date {
        let offset = seconds.withLock { $0[host] ?? 0 }
        return now().addingTimeInterval(offset)
    }

    /// Learns from the `Date` of a refusal.
    ///
    /// EC2 says `AuthFailure`, and STS `SignatureDoesNotMatch`, of a time too far off as of a wrong secret:
    /// the clocks tell which it is.
    ///
    /// - Returns: Whether the clock was so wrong that another signature is worth a try.
    func learn(from response: HTTPResponse, _ error: AWSError, host: String) -> Bool {
        switch error.code {
        case .clockSkew, .invalidCredentials, .expiredCredentials: break
        default: return false
        }
        guard let text = response.headers["Date"], let time = UTCTime(httpDate: text) else { return false }
        let present = now().timeIntervalSince1970
        let offset = Double(time.secondsSince1970) - present
        return seconds.withLock { seconds in
            let known = seconds[host] ?? 0
            guard error.code == .clockSkew || abs(offset - known) > Self.tolerance else { return false }
            // A host whose clock agrees needs no entry, and a bound keeps a liar from filling the table.
            if seconds.count >= 1024 { seconds.removeAll() }
            seconds[host] = offset
            return true
        }
    }
}
