import Glibc
import Testing

/// A program started by a test.
struct ChildProcess {
    let identifier: pid_t

    /// Starts a program found on the path, its output discarded.
    init(_ arguments: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
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

    @discardableResult
    func wait() -> CInt {
        var status: CInt = 0
        waitpid(identifier, &status, 0)
        return status
    }

    /// Runs a program to its end, which must be a success.
    static func run(_ arguments: String...) throws {
        let status = try ChildProcess(arguments).wait()
        try #require(status == 0, "\(arguments[0]) failed")
    }
}
