import FoundationEssentials
import Glibc
import Synchronization

/// A process of the fleet under measurement, started from the executable beside this one.
final class FleetChild: Sendable {
    /// Its id.
    let pid: Int32
    private let name: String
    private let log: String
    private let hasEnded = Mutex(false)

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - name: `cloudoptim-worker`, for example.
    ///   - settings: What its environment says beyond ours.
    ///   - log: Where it writes; appended to.
    /// - Throws: ``BenchError``.
    init(_ name: String, settings: [String: String] = [:], log: String) throws {
        self.name = name
        self.log = log
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/\(name)"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        let environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for string in arguments + variables { free(string) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, nil, &arguments, &variables)
        guard code == 0 else { throw BenchError("\(program) cannot be started: error \(code)") }
        self.pid = pid
    }

    deinit { kill() }

    /// Throws if it has ended, with the end of what it wrote.
    func checkRunning() throws {
        guard hasBeenReaped() else { return }
        throw BenchError("\(name) has ended: \(output.suffix(1000))")
    }

    /// What it wrote so far, and others of its name.
    var output: String {
        // There may be nothing yet.
        (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    }

    /// Ends it at once.
    func kill() {
        hasEnded.withLock { ended in
            guard !ended else { return }
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            ended = true
        }
    }

    /// Asks it to drain, and waits until it has ended.
    func stop() async throws {
        hasEnded.withLock { ended in if !ended { Glibc.kill(pid, SIGTERM) } }
        let end = ContinuousClock.now + .seconds(40)
        while !hasBeenReaped() {
            guard ContinuousClock.now < end else { return kill() }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func hasBeenReaped() -> Bool {
        hasEnded.withLock { ended in
            if !ended { ended = waitpid(pid, nil, WNOHANG) == pid }
            return ended
        }
    }
}

/// The benchmark cannot go on.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
