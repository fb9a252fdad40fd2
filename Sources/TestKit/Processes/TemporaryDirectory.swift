import FoundationEssentials
import Glibc

/// A directory that is gone when nobody refers to it any more.
public final class TemporaryDirectory: Sendable {
    /// Where it is.
    public let path: String

    /// Makes it.
    ///
    /// - Throws: ``ProcessFailure``.
    public init() throws {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array("\(parent)/cloudoptim-test-XXXXXX".utf8CString)
        guard let name = mkdtemp(&template) else {
            throw ProcessFailure(description: "no temporary directory: errno \(errno)")
        }
        path = String(cString: name)
    }

    deinit {
        // What cannot be removed is a temporary file more.
        try? FileManager.default.removeItem(atPath: path)
    }
}
