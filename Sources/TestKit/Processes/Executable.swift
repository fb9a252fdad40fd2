import FoundationEssentials
import Glibc

/// Our executables, which the package manager builds beside the tests.
public enum Executable: String, Sendable {
    /// `cloudoptim-api`.
    case api = "cloudoptim-api"
    /// `cloudoptim`.
    case operators = "cloudoptim"
    /// `cloudoptim-sandbox`.
    case sandbox = "cloudoptim-sandbox"
    /// `cloudoptim-scheduler`.
    case scheduler = "cloudoptim-scheduler"
    /// `cloudoptim-worker`.
    case worker = "cloudoptim-worker"

    /// Where it is.
    ///
    /// - Throws: ``ProcessFailure`` if it was not built.
    public func path() throws -> String {
        // Which of these names the build directory depends on the test runner.
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        for argument in [own].compactMap(\.self) + CommandLine.arguments {
            let directory = argument.split(separator: "/").dropLast().joined(separator: "/")
            for folder in ["/\(directory)", "/\(directory)/.."] {
                let path = "\(folder)/\(rawValue)"
                if access(path, X_OK) == 0, access("\(path)/.", F_OK) != 0 { return path }
            }
        }
        throw ProcessFailure(description: "\(rawValue) is not beside the tests: swift build makes it")
    }
}
