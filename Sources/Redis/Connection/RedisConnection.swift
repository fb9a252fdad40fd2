import BlockingIO
import Dispatch
import Synchronization

/// One connection to the server, from being opened to its end; it is never used again after that.
///
/// Callers on any thread put their commands into ``pipeline`` under a lock; the actor, on its own queue, writes
/// what has gathered there in one go and hands out what has been read in one go. So a command costs a lock and
/// a continuation, and no hop onto the actor. Commands may be submitted while the connection is still opening.
actor RedisConnection {
    typealias Pipeline = CommandPipeline<Waiter>

    /// Whom to resume.
    enum Waiter: Sendable {
        case single(UnsafeContinuation<Result<RedisValue, RedisError>, Never>)
        case batch(UnsafeContinuation<[Result<RedisValue, RedisError>], Never>)
    }

    /// What the owner hears of the connection.
    enum Event: Sendable {
        case opened
        case closed(RedisError)
    }

    nonisolated let configuration: RedisConfiguration
    nonisolated let executor = QueueExecutor(label: "redis.connection")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let pipeline: Mutex<Pipeline>
    private nonisolated let isOpen = Atomic(false)
    private nonisolated let onEvent: @Sendable (Event) -> Void

    var socket: Socket?
    var tls: TLSSession?
    var reader: ReplyReader
    let readBuffer = ReadBuffer(size: 1 << 16)
    private let plainBuffer = ReadBuffer(size: 1 << 16)

    /// Bytes on their way to the socket, from `writeOffset` on.
    var writing: [UInt8] = []
    private var writeOffset = 0
    /// The commands last taken from the pipeline; over TLS `writing` holds them encrypted.
    private var taken: [UInt8] = []

    private var readSource: (any DispatchSourceRead)?
    private var writeSource: (any DispatchSourceWrite)?
    private var isWriteSourceSuspended = false
    private var timer: (any DispatchSourceTimer)?
    private var isTimerSet = false
    private var sourcesToEnd = 0

    /// Makes a connection that is not opened yet.
    ///
    /// - Parameters:
    ///   - configuration: Where to and how.
    ///   - onEvent: Told once of the opening, if that succeeds, and once of the end.
    init(configuration: RedisConfiguration, onEvent: @escaping @Sendable (Event) -> Void) {
        self.configuration = configuration
        self.onEvent = onEvent
        pipeline = Mutex(
            Pipeline(
                limits: .init(
                    commands: configuration.maximumPendingCommands,
                    bytes: configuration.maximumPendingBytes
                )
            )
        )
        reader = ReplyReader(maximumReplyBytes: configuration.maximumReplyBytes)
    }

    /// Opens the connection on its queue, within the limit for connecting.
    nonisolated func open() {
        executor.queue.async { self.assumeIsolated { $0.openNow() } }
        // Looking up a name can't be interrupted: those who wait are released by this clock, not by the queue.
        DispatchQueue.global().asyncAfter(deadline: .now() + configuration.connectTimeout.dispatchInterval) {
            [weak self] in
            guard let self, !isOpen.load(ordering: .acquiring) else { return }
            let error = RedisError(.connectionFailed, "no connection within the time limit")
            close(by: error.naming(configuration))
        }
    }

    /// Ends the connection and fails everyone who waits.
    ///
    /// - Parameters:
    ///   - error: What they get.
    ///   - now: Given for a time-out: those who are not late themselves get `connectionLost`.
    nonisolated func close(by error: RedisError, now: ContinuousClock.Instant? = nil) {
        let deliveries = pipeline.withLock { pipeline -> [Pipeline.Delivery]? in
            pipeline.closingError == nil ? pipeline.closed(by: error, now: now) : nil
        }
        guard let deliveries else { return }
        Self.resume(deliveries)
        onEvent(.closed(error))
        executor.queue.async { self.assumeIsolated { $0.tearDown() } }
    }

    static func resume(_ deliveries: [Pipeline.Delivery]) {
        for delivery in deliveries {
            switch (delivery.waiter, delivery.outcome) {
            case (.single(let continuation), .reply(let reply)): continuation.resume(returning: reply)
            case (.batch(let continuation), .replies(let replies)): continuation.resume(returning: replies)
            default: preconditionFailure("a waiter and its outcome differ in kind")
            }
        }
    }

    // MARK: - Opening and closing, on the queue

    private func openNow() {
        do throws(RedisError) {
            try connect()
        } catch {
            close(by: error.naming(configuration))
            return
        }
        isOpen.store(true, ordering: .releasing)
        guard let descriptor = socket?.descriptor, !isClosed else { return }
        onEvent(.opened)
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: executor.queue)
        source.setEventHandler { self.assumeIsolated { $0.readable() } }
        source.setCancelHandler { self.assumeIsolated { $0.sourceEnded() } }
        sourcesToEnd += 1
        readSource = source
        source.activate()
        flush()
    }

    nonisolated var isClosed: Bool { pipeline.withLock { $0.closingError != nil } }

    private func tearDown() {
        timer?.cancel()
        timer = nil
        readSource?.cancel()
        if isWriteSourceSuspended { writeSource?.resume() }
        writeSource?.cancel()
        // The descriptor may be closed only after the last source on it has ended.
        if sourcesToEnd == 0 { socket = nil }
    }

    private func sourceEnded() {
        sourcesToEnd -= 1
        guard sourcesToEnd == 0 else { return }
        // Breaks the cycles: the handlers hold the connection.
        readSource = nil
        writeSource = nil
        socket = nil
    }

    // MARK: - Reading, on the queue

    private func readable() {
        var replies: [RedisValue] = []
        var failure: RedisError?
        // A bounded number of reads, so that one full socket can't keep its replies from being handed out.
        for _ in 0..<16 {
            let transfer = socket?.read(into: readBuffer.memory) ?? .wouldBlock
            guard case .bytes(let count) = transfer else {
                failure = Self.error(ending: transfer)
                break
            }
            do throws(RedisError) {
                try parse(UnsafeRawBufferPointer(rebasing: readBuffer.memory[..<count]), into: &replies)
            } catch {
                failure = error
                break
            }
            if count < readBuffer.memory.count { break }
        }
        deliver(replies)
        if let failure { close(by: failure) }
    }

    /// Decrypts if need be, and turns bytes into replies.
    func parse(_ bytes: UnsafeRawBufferPointer, into replies: inout [RedisValue]) throws(RedisError) {
        guard tls != nil else { return try reader.read(bytes, into: &replies) }
        tls?.receive(bytes)
        while let transfer = tls?.read(into: plainBuffer.memory) {
            guard case .bytes(let count) = transfer else {
                if let error = Self.error(ending: transfer) { throw error }
                break
            }
            try reader.read(UnsafeRawBufferPointer(rebasing: plainBuffer.memory[..<count]), into: &replies)
        }
    }

    static func error(ending transfer: Socket.Transfer) -> RedisError? {
        switch transfer {
        case .bytes, .wouldBlock: nil
        case .ended: RedisError(.connectionLost, "the server closed the connection")
        case .failed(let code): RedisError(.connectionLost, "the connection broke (errno \(code))")
        }
    }

    private func deliver(_ replies: [RedisValue]) {
        guard !replies.isEmpty else { return }
        var deliveries: [Pipeline.Delivery] = []
        deliveries.reserveCapacity(replies.count)
        let error = pipeline.withLock { $0.received(replies, deliveries: &deliveries) }
        Self.resume(deliveries)
        if let error { close(by: error) }
    }

    // MARK: - Writing, on the queue

    /// Writes all that has gathered, or as much as the socket takes.
    func flush() {
        // Not open yet: opening ends with a flush.
        guard readSource != nil else { return }
        while true {
            if writeOffset == writing.count, !takeMore() { break }
            let transfer = writing.withUnsafeBytes { bytes in
                socket?.write(UnsafeRawBufferPointer(rebasing: bytes[writeOffset...])) ?? .wouldBlock
            }
            switch transfer {
            case .bytes(let count): writeOffset += count
            case .wouldBlock: return resumeWriting()
            case .ended, .failed:
                if let error = Self.error(ending: transfer) { close(by: error) }
                return
            }
        }
        if let writeSource, !isWriteSourceSuspended {
            writeSource.suspend()
            isWriteSourceSuspended = true
        }
    }

    /// Takes the next bytes from the pipeline; false if there are none.
    private func takeMore() -> Bool {
        let deadline = pipeline.withLock { pipeline in
            pipeline.writerIsReady(for: &taken)
            return pipeline.nextDeadline
        }
        if !isTimerSet, let deadline { setTimer(deadline) }
        guard !taken.isEmpty else { return false }
        writing.removeAll(keepingCapacity: true)
        writeOffset = 0
        if tls == nil {
            swap(&taken, &writing)
            return true
        }
        do throws(RedisError) {
            try tls?.write(taken)
        } catch {
            close(by: error)
            return false
        }
        tls?.takeOutput(into: &writing)
        return true
    }

    private func resumeWriting() {
        guard let descriptor = socket?.descriptor, !isClosed else { return }
        if let writeSource {
            if isWriteSourceSuspended { writeSource.resume() }
            isWriteSourceSuspended = false
            return
        }
        let source = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: executor.queue)
        source.setEventHandler { self.assumeIsolated { $0.flush() } }
        source.setCancelHandler { self.assumeIsolated { $0.sourceEnded() } }
        sourcesToEnd += 1
        writeSource = source
        source.activate()
    }

    // MARK: - Time limits, on the queue

    /// Sets the clock for the oldest command; once per time limit, not once per command.
    private func setTimer(_ deadline: ContinuousClock.Instant) {
        guard !isClosed else { return }
        let timer: any DispatchSourceTimer
        if let existing = self.timer {
            timer = existing
        } else {
            timer = DispatchSource.makeTimerSource(queue: executor.queue)
            timer.setEventHandler { self.assumeIsolated { $0.timerFired() } }
            self.timer = timer
            timer.activate()
        }
        isTimerSet = true
        let left = ContinuousClock.now.duration(to: deadline)
        timer.schedule(deadline: .now() + left.dispatchInterval, leeway: .milliseconds(5))
    }

    private func timerFired() {
        isTimerSet = false
        guard let deadline = pipeline.withLock({ $0.nextDeadline }) else { return }
        let now = ContinuousClock.now
        guard deadline <= now else { return setTimer(deadline) }
        close(by: RedisError(.timedOut, "no reply within the time limit"), now: now)
    }
}

extension Duration {
    /// For Dispatch; rounded up to a millisecond, never negative.
    var dispatchInterval: DispatchTimeInterval { .milliseconds(Int(max(milliseconds, 0))) }
}
