import FoundationEssentials
import Glibc
import Synchronization

/// A program started by a test, with all it writes in a file.
public final class ChildProcess: Sendable {
    /// Its id.
    public let identifier: Int32
    /// Where it writes.
    public let log: String
    private let status = Mutex<CInt?>(nil)

    /// Becomes the program, without the sockets and pipes of other tests, which are none of its business.
    private static let shell = [
        "bash", "-c",
        #"for d in /proc/$$/fd/*; do n=${d##*/}; if ((n > 2)); then eval "exec $n>&-"; fi; done; exec "$@""#,
        "bash",
    ]

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The program and its arguments.
    ///   - environment: All of its environment, but for `PATH`.
    ///   - log: Where standard output and error go; appended to.
    /// - Throws: ``ProcessFailure`` if it cannot be started.
    public init(_ arguments: [String], environment: [String: String] = [:], log: String = "/dev/null") throws
    {
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var variables = environment
        variables["PATH"] =
            variables["PATH"] ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        var strings: [UnsafeMutablePointer<CChar>?] = (Self.shell + arguments).map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] =
            variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for string in strings + settings { free(string) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, Self.shell[0], &actions, nil, &strings, &settings)
        guard code == 0 else {
            throw ProcessFailure(description: "\(arguments[0]) cannot be started: error \(code)")
        }
        self.identifier = identifier
    }

    /// What it wrote so far.
    public var output: String {
        String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    }

    /// Sends it a signal, unless it has ended.
    public func signal(_ number: Int32) {
        // Its id is its own until we have waited for it.
        status.withLock { if $0 == nil { kill(identifier, number) } }
    }

    /// The exit code, or minus the signal that ended it; nil while it runs.
    public var exitCode: Int? {
        status.withLock { status in
            if status == nil {
                var value: CInt = 0
                if waitpid(identifier, &value, WNOHANG) == identifier { status = value }
            }
            return status.map { $0 & 0x7F == 0 ? Int($0 >> 8) & 0xFF : -Int($0 & 0x7F) }
        }
    }

    /// Waits until it has ended.
    ///
    /// - Returns: The exit code, or minus the signal that ended it.
    /// - Throws: ``ConditionNotMet`` if it takes longer than the limit.
    @discardableResult
    public func end(within limit: Duration = .seconds(30)) async throws -> Int {
        try await eventually(within: limit, "the end of process \(identifier)") { exitCode != nil }
        return exitCode ?? 0
    }

    /// Ends it at once, and waits for that.
    public func remove() {
        signal(SIGCONT)
        signal(SIGKILL)
        status.withLock { status in
            guard status == nil else { return }
            var value: CInt = 0
            waitpid(identifier, &value, 0)
            status = value
        }
    }

    deinit { remove() }

    /// Runs a program to its end.
    ///
    /// - Returns: Exit code and output.
    /// - Throws: ``ProcessFailure``, or ``ConditionNotMet`` if it takes longer than the limit.
    public static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        within limit: Duration = .seconds(30)
    ) async throws -> (code: Int, output: String) {
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(arguments, environment: environment, log: "\(directory.path)/output")
        let code = try await process.end(within: limit)
        return (code, process.output)
    }
}

/// A process is not what a test needs.
public struct ProcessFailure: Error, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    /// Makes an error.
    public init(description: String) {
        self.description = description
    }
}
