import FoundationEssentials
import Glibc

/// A `moto_server` of a test's own: AWS's APIs, simulated, with no checks of signatures.
///
/// `CLOUDOPTIM_TEST_MOTO_SERVER` names the executable; else it is looked for on `PATH`.
public final class MotoProcess: Sendable {
    /// Names the executable.
    public static let variable = "CLOUDOPTIM_TEST_MOTO_SERVER"
    /// Moto's own account.
    public static let account = "123456789012"

    /// Where it listens, without a slash at the end.
    public let url: String
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    /// Starts it and waits until it listens; it ends with the last reference.
    ///
    /// - Throws: ``ProcessFailure`` if there is no moto.
    public init() async throws {
        let directory = try TemporaryDirectory()
        let name = ProcessInfo.processInfo.environment[Self.variable] ?? "moto_server"
        let process = try ChildProcess(
            [name, "-H", "127.0.0.1", "-p", "0"],
            log: "\(directory.path)/moto.log"
        )
        try await eventually(within: .seconds(60), "moto's port") {
            guard process.exitCode == nil else {
                throw ProcessFailure(
                    description:
                        "\(name) does not start: put moto_server on PATH or name it by \(Self.variable)"
                )
            }
            return Self.port(in: process.output) != nil
        }
        url = "http://127.0.0.1:\(Self.port(in: process.output) ?? "")"
        self.process = process
        self.directory = directory
    }

    private static func port(in output: String) -> String? {
        guard let range = output.firstRange(of: "Running on http://127.0.0.1:") else { return nil }
        let digits = output[range.upperBound...].prefix { $0.isNumber }
        return digits.isEmpty ? nil : String(digits)
    }
}
