import Synchronization

/// What receivers of webhooks were sent, and how each of them answers.
final class WebhookBook: Sendable {
    /// So many receivers there may be, and so many requests are kept of each; the oldest go first.
    static let (names, limit) = (100, 500)

    /// A request that was received.
    struct Delivery: Sendable {
        /// From 1, over all that came.
        let number: Int
        /// Seconds since 1970.
        let time: Double
        let headers: [(String, String)]
        let body: String
        let verdict: WebhookSignature.Verdict
        /// The status that it was answered with.
        let answered: Int
    }

    /// One receiver.
    struct Receiver: Sendable {
        /// What senders sign with.
        var secret: String?
        /// What it answers.
        var status = 204
        /// Until then it answers 503, in seconds since 1970.
        var downUntil: Double?
        fileprivate(set) var deliveries: [Delivery] = []
        fileprivate(set) var count = 0

        func answer(at now: Double) -> Int { downUntil.map { now < $0 } ?? false ? 503 : status }
    }

    private let receivers = Mutex<[String: Receiver]>([:])

    func receiver(_ name: String) -> Receiver? { receivers.withLock { $0[name] } }

    /// Changes a receiver, which is made by that.
    ///
    /// - Returns: How it is then; nil if there are too many.
    func change<Failure: Error>(
        _ name: String,
        _ body: (inout Receiver) throws(Failure) -> Void
    ) throws(Failure) -> Receiver? {
        try receivers.withLock { receivers throws(Failure) in
            guard receivers[name] != nil || receivers.count < Self.names else { return nil }
            var receiver = receivers[name] ?? Receiver()
            try body(&receiver)
            receivers[name] = receiver
            return receiver
        }
    }

    /// Keeps a request.
    ///
    /// - Parameters:
    ///   - name: The receiver's.
    ///   - headers: All of them, by lower-case names.
    ///   - body: As received.
    ///   - now: Seconds since 1970.
    /// - Returns: The status to answer with.
    func receive(_ name: String, headers: [(String, String)], body: [UInt8], at now: Double) -> Int {
        let field = headers.first { $0.0 == WebhookSignature.header.lowercased() }?.1
        let changed = change(name) { receiver in
            receiver.count += 1
            receiver.deliveries.append(
                Delivery(
                    number: receiver.count,
                    time: now,
                    headers: headers,
                    body: String(decoding: body, as: UTF8.self),
                    verdict: WebhookSignature.verdict(field, body: body, secret: receiver.secret, at: now),
                    answered: receiver.answer(at: now)
                )
            )
            if receiver.deliveries.count > Self.limit { receiver.deliveries.removeFirst() }
        }
        return changed?.deliveries.last?.answered ?? 507
    }
}
