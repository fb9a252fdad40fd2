#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Where people and scripts read.
enum Terminal {
    /// Writes to standard error.
    static func error(_ text: String) {
        write(text, STDERR_FILENO)
    }

    /// Writes to standard output.
    static func print(_ text: String) {
        write(text, STDOUT_FILENO)
    }

    /// Clears the screen; does nothing where there is none.
    static func clear() {
        guard isatty(STDOUT_FILENO) == 1 else { return }
        write("\u{1B}[H\u{1B}[2J", STDOUT_FILENO, end: "")
    }

    /// Ctrl-C is how watching ends, and no failure; nor is a reader that has gone.
    static func endWithZeroOnInterrupt() {
        signal(SIGINT) { _ in _exit(0) }
        signal(SIGPIPE) { _ in _exit(0) }
    }

    private static func write(_ text: String, _ descriptor: Int32, end: String = "\n") {
        var bytes = Array((text + end).utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
