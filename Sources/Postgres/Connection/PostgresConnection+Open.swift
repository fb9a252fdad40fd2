import CLibPQ
import Glibc

extension PostgresConnection {
    /// Connects, within the time limit and until cancelled.
    func open() async throws(PostgresError) {
        let ticket = gate.drawTicket()
        let result: Result<Void, PostgresError> = await withTaskCancellationHandler {
            gate.begin(ticket)
            defer { gate.end() }
            do throws(PostgresError) { return .success(try establish()) } catch {
                discard()
                return .failure(error)
            }
        } onCancel: { [gate] in
            gate.cancel(ticket)
        }
        try result.get()
    }

    private func establish() throws(PostgresError) {
        if Task.isCancelled { throw cancelledConnect() }
        let deadline = ContinuousClock.now + configuration.connectTimeout
        guard let raw = start() else {
            throw PostgresError(code: .connectionFailed, message: "out of memory")
        }
        adopt(raw)
        // By default libpq prints notices to stderr.
        PQsetNoticeReceiver(raw, { _, _ in }, nil)
        var isReading = false
        // "When a connection is being established, first wait for it to be writable."
        // https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNECTSTARTPARAMS
        while PQstatus(raw) != CONNECTION_BAD {
            try waitToConnect(raw, for: isReading ? POLLIN : POLLOUT, until: deadline)
            switch PQconnectPoll(raw) {
            case PGRES_POLLING_OK: return try becameReady(raw)
            case PGRES_POLLING_READING: isReading = true
            case PGRES_POLLING_WRITING: isReading = false
            default: throw failure(raw)
            }
        }
        throw failure(raw)
    }

    private func start() -> OpaquePointer? {
        let keywords = configuration.keywords
        let strings = keywords.map { (strdup($0.keyword), strdup($0.value)) }
        defer {
            for (keyword, value) in strings {
                free(keyword)
                free(value)
            }
        }
        let names: [UnsafePointer<CChar>?] = strings.map { UnsafePointer($0.0) } + [nil]
        let values: [UnsafePointer<CChar>?] = strings.map { UnsafePointer($0.1) } + [nil]
        return PQconnectStartParams(names, values, 1)
    }

    private func waitToConnect(
        _ raw: OpaquePointer,
        for events: CInt,
        until deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        while true {
            if gate.isCancelRequested { throw cancelledConnect() }
            let remaining = (deadline - .now).milliseconds
            guard remaining > 0 else {
                throw PostgresError(
                    code: .connectionFailed,
                    message: "no connection within the connect timeout"
                )
            }
            var polled = (
                pollfd(fd: PQsocket(raw), events: Int16(events), revents: 0),
                pollfd(fd: gate.wake.readEnd, events: Int16(POLLIN), revents: 0)
            )
            let count = withUnsafeMutableBytes(of: &polled) { bytes in
                poll(bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2, CInt(min(remaining, 600_000)))
            }
            if count > 0, polled.1.revents != 0 { gate.wake.drain() }
            if count > 0, polled.0.revents != 0 { return }
        }
    }

    private func cancelledConnect() -> PostgresError {
        PostgresError(code: .cancelled, message: "cancelled while connecting")
    }

    private func failure(_ raw: OpaquePointer) -> PostgresError {
        var reason = String(cString: PQerrorMessage(raw))
            .split(whereSeparator: \.isNewline).joined(separator: "; ")
        // libpq does not show it, but a message is forwarded from the server, too.
        if let password = configuration.password, !password.isEmpty {
            reason = reason.split(separator: password, omittingEmptySubsequences: false).joined(
                separator: "***"
            )
        }
        return PostgresError(code: .connectionFailed, message: reason)
    }
}
