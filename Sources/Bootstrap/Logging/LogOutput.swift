import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Where the lines of all threads go: whole, in the order they came, many with one `write`.
final class LogOutput: Sendable {
    static let standard = LogOutput(descriptor: STDOUT_FILENO)

    /// How long the writer lets lines gather after it wrote some: what a crash may lose.
    private static let pauseMicroseconds: useconds_t = 2000
    /// A reader that is too slow holds up those who log, rather than filling the memory.
    private static let maximumPendingBytes = 1 << 20

    private struct State {
        var pending: [UInt8] = []
        var isWriting = false
    }

    private let descriptor: CInt
    private let state = Mutex(State())
    /// Taken before `state`: whoever writes also takes the lines, so that they stay in order.
    private let output = Mutex(())
    private let queue = DispatchQueue(label: "cloudoptim.log")

    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Hands over one line, without its end.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - isUrgent: Whether it must have been written when this returns.
    func write(_ line: [UInt8], isUrgent: Bool) {
        let (mustWake, isTooMuch) = state.withLock { state in
            state.pending.append(contentsOf: line)
            state.pending.append(UInt8(ascii: "\n"))
            let isTooMuch = state.pending.count > Self.maximumPendingBytes
            guard !isUrgent, !isTooMuch, !state.isWriting else { return (false, isTooMuch) }
            state.isWriting = true
            return (true, false)
        }
        if isUrgent || isTooMuch { flush() }
        if mustWake { queue.async { self.writeUntilIdle() } }
    }

    /// Writes what was handed over before.
    func flush() {
        output.withLock { _ in
            var bytes: [UInt8] = []
            state.withLock { swap(&$0.pending, &bytes) }
            Self.write(bytes, to: descriptor)
        }
    }

    private func writeUntilIdle() {
        while true {
            flush()
            usleep(Self.pauseMicroseconds)
            let isIdle = state.withLock { state in
                state.isWriting = !state.pending.isEmpty
                return !state.isWriting
            }
            if isIdle { return }
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(
                    descriptor,
                    UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    rest.count
                )
                if written < 0, errno == EINTR { continue }
                // There is nowhere to say that standard output is gone.
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}
