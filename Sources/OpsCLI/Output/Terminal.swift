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

    private static func write(_ text: String, _ descriptor: Int32) {
        var bytes = Array((text + "\n").utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
