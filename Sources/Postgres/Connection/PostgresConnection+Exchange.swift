import CLibPQ
import Glibc

/// The progress of one call to the server.
struct Exchange {
    var deadline: ContinuousClock.Instant
    /// Whether a loss now leaves the outcome unknown.
    let isOutcomeAtStake: Bool
    var wasCancelled = false
    /// When the server is asked again to cancel.
    var nextCancel: ContinuousClock.Instant?
}

/// The server ignores a request that overtakes its statement, so it is repeated until the statement ends.
private let cancellationPause: Duration = .milliseconds(20)

/// How long a cancelled statement may take to end before the session is given up.
private let cancellationGrace: Duration = .seconds(2)

extension PostgresConnection {
    /// Begins a call, unless the task was cancelled in the meantime.
    ///
    /// A COMMIT puts the outcome at stake although a transaction is open.
    func beginExchange(
        _ raw: OpaquePointer,
        limit: Duration? = nil,
        isCommit: Bool = false
    ) throws(PostgresError) -> Exchange {
        if gate.isCancelRequested {
            throw PostgresError(code: .cancelled, message: "cancelled before it was sent")
        }
        return Exchange(
            deadline: .now + (limit ?? configuration.answerLimit),
            isOutcomeAtStake: isCommit || PQtransactionStatus(raw) == PQTRANS_IDLE
        )
    }

    /// Waits until the socket is ready.
    ///
    /// - Throws: After the deadline; the session is closed then.
    func wait(
        _ raw: OpaquePointer,
        for events: CInt,
        _ exchange: inout Exchange
    ) throws(PostgresError) {
        while true {
            let remaining = (exchange.deadline - .now).milliseconds
            guard remaining > 0 else { throw abandon(exchange) }
            let pause = repeatCancel(&exchange).map { min(remaining, $0) } ?? remaining
            var polled = (
                pollfd(fd: PQsocket(raw), events: Int16(events), revents: 0),
                pollfd(fd: gate.wake.readEnd, events: Int16(POLLIN), revents: 0)
            )
            let count = withUnsafeMutableBytes(of: &polled) { bytes in
                poll(bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2, CInt(min(pause, 600_000)))
            }
            if count < 0, errno != EINTR { throw abandon(exchange) }
            guard count > 0 else { continue }
            if polled.1.revents != 0 { heardWake(&exchange) }
            if polled.0.revents != 0 { return }
        }
    }

    private func heardWake(_ exchange: inout Exchange) {
        gate.wake.drain()
        guard gate.isCancelRequested, !exchange.wasCancelled else { return }
        exchange.wasCancelled = true
        exchange.deadline = min(exchange.deadline, .now + cancellationGrace)
        exchange.nextCancel = .now + cancellationPause
        sendCancel()
    }

    /// Asks again if the last request has been taken a while ago.
    ///
    /// - Returns: Milliseconds until the next time; nil if the statement was not cancelled.
    private func repeatCancel(_ exchange: inout Exchange) -> Int64? {
        guard let due = exchange.nextCancel else { return nil }
        if due <= .now {
            exchange.nextCancel = .now + cancellationPause
            if !gate.isCancelInFlight { sendCancel() }
        }
        return max(1, ((exchange.nextCancel ?? due) - .now).milliseconds)
    }

    /// Gives the session up while a statement runs.
    private func abandon(_ exchange: Exchange) -> PostgresError {
        // Nobody waits for this one; it only spares the server the rest of the statement.
        if !exchange.wasCancelled { sendCancel() }
        discard()
        return PostgresError(
            code: exchange.wasCancelled ? .cancelled : .timedOut,
            message: exchange.wasCancelled
                ? "the statement did not end when cancelled; the connection was closed"
                : "no answer within the time limit; the connection was closed",
            outcomeUnknown: exchange.isOutcomeAtStake
        )
    }

    /// Sends what libpq holds.
    func flush(_ raw: OpaquePointer, _ exchange: inout Exchange) throws(PostgresError) {
        while true {
            let rest = PQflush(raw)
            if rest == 0 { return }
            // A failed write leaves the reason to be read as the answer.
            if rest < 0 { return }
            try wait(raw, for: POLLIN | POLLOUT, &exchange)
            if PQconsumeInput(raw) == 0 { return }
        }
    }

    /// Reads one answer; nil when the call has ended.
    func nextResult(_ raw: OpaquePointer, _ exchange: inout Exchange) throws(PostgresError) -> OpaquePointer?
    {
        while PQisBusy(raw) != 0 {
            try wait(raw, for: POLLIN, &exchange)
            // After a failed read, what PQgetResult returns says why.
            if PQconsumeInput(raw) == 0 { break }
        }
        return PQgetResult(raw)
    }

    /// Reads answers until the call has ended.
    ///
    /// The closure is given each answer that is no error, and must clear it.
    ///
    /// - Throws: The first error the server sent.
    func finish(
        _ raw: OpaquePointer,
        _ exchange: inout Exchange,
        take: (OpaquePointer) -> Void
    ) throws(PostgresError) {
        try flush(raw, &exchange)
        var failure: PostgresError?
        while let result = try nextResult(raw, &exchange) {
            // The server's limit begins anew with each statement of a script.
            if !exchange.wasCancelled {
                exchange.deadline = max(exchange.deadline, .now + configuration.answerLimit)
            }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                take(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(result)
                discard()
                throw PostgresError(
                    code: .encoding,
                    message: "COPY from or to the client is done with copyIn only"
                )
            default:
                var error = PostgresError(result: result)
                PQclear(result)
                if PQstatus(raw) == CONNECTION_BAD { throw lost(because: failure ?? error, exchange) }
                if error.sqlState == nil {
                    error = .lost(error.message, outcomeUnknown: exchange.isOutcomeAtStake)
                }
                if failure == nil { failure = error }
            }
        }
        settleCancel(raw, &exchange)
        if PQstatus(raw) == CONNECTION_BAD { throw lost(because: failure, exchange) }
        if let failure {
            guard exchange.wasCancelled, failure.sqlState == "57014" else { throw failure }
            throw PostgresError(code: .cancelled, message: "cancelled", sqlState: "57014")
        }
    }

    /// Waits until a cancel request has been taken by the server, so that it cannot hit the next statement.
    private func settleCancel(_ raw: OpaquePointer, _ exchange: inout Exchange) {
        while exchange.wasCancelled, gate.isCancelInFlight {
            let remaining = (exchange.deadline - .now).milliseconds
            guard remaining > 0 else {
                // The statement's result stands, the session does not.
                discard()
                return
            }
            var polled = pollfd(fd: gate.wake.readEnd, events: Int16(POLLIN), revents: 0)
            if poll(&polled, 1, CInt(remaining)) > 0 { gate.wake.drain() }
        }
    }

    /// Closes a session the server has left.
    func lost(because error: PostgresError?, _ exchange: Exchange) -> PostgresError {
        discard()
        return .lost(
            error?.sqlState == nil ? "the connection broke" : error?.message ?? "",
            sqlState: error?.sqlState,
            outcomeUnknown: exchange.isOutcomeAtStake
        )
    }

    /// Looks, without waiting, whether the server has left since the last call.
    ///
    /// - Throws: An error whose statement surely was not sent.
    func checkSocket() throws(PostgresError) {
        let raw = try session()
        var polled = pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, 0) != 0 else { return }
        // An idle server sends notices and changed settings, or its farewell and right after it the end.
        while PQconsumeInput(raw) != 0, PQstatus(raw) == CONNECTION_OK {
            _ = PQisBusy(raw)
            if poll(&polled, 1, 5) == 0 { return }
        }
        let wasInTransaction = PQtransactionStatus(raw) == PQTRANS_INTRANS
        discard()
        var error = PostgresError.lost("the connection was closed by the server", outcomeUnknown: false)
        error.wasNotSent = !wasInTransaction
        throw error
    }
}
