import Glibc
import Testing

/// A program started by a test, its output in a file.
struct ChildProcess {
    let identifier: pid_t

    init(_ arguments: [String], output: String = "/dev/null") throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        var identifier: pid_t = 0
        let status = posix_spawnp(&identifier, arguments[0], &actions, nil, &strings, environ)
        try #require(status == 0, "\(arguments[0]) can't be started")
        self.identifier = identifier
    }

    func signal(_ number: CInt) {
        kill(identifier, number)
    }

    /// Waits for its end; the exit status, or minus the signal that ended it.
    func wait() -> Int {
        var status: CInt = 0
        waitpid(identifier, &status, 0)
        return status & 0x7F == 0 ? Int(status >> 8) & 0xFF : -Int(status & 0x7F)
    }

    /// Whether it has ended; if so, ``wait()`` must not be called any more.
    func exitStatus() -> Int? {
        var status: CInt = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        return status & 0x7F == 0 ? Int(status >> 8) & 0xFF : -Int(status & 0x7F)
    }
}
