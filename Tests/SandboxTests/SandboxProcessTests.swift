import FoundationEssentials
import Glibc
import Testing

@testable import Sandbox

@Suite("Sandbox process") struct SandboxProcessTests {
    private struct Entry: Decodable {
        var name: String
        var endpoint: String
        var token: String
        var region: String
        var nodes: Int
    }

    /// The executable beside the test bundle, by its product's name or its target's.
    private func executable() throws -> String {
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let arguments = [bundle] + CommandLine.arguments
        for path in arguments.map({ $0.split(separator: "/").dropLast().joined(separator: "/") }) {
            for name in ["cloudoptim-sandbox", "Sandbox"] where access("/\(path)/\(name)", X_OK) == 0 {
                return "/\(path)/\(name)"
            }
        }
        throw StateDirectory.Failure(description: "no executable of the sandbox beside the tests")
    }

    private func eventually(_ condition: () throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    private func curl(_ arguments: String..., output: String) throws -> Int {
        try ChildProcess(["curl", "-sS", "--max-time", "10"] + arguments, output: output).wait()
    }

    @Test(.timeLimit(.minutes(1))) func servesOverTLSAndEndsAtOnce() async throws {
        var template = Array("/tmp/sandbox-test-XXXXXX".utf8CString)
        let directory = String(cString: try #require(mkdtemp(&template)))
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let clusters = "\(directory)/clusters.json"
        let arguments = [try executable(), "--clusters", "2", "--port", "0", "--state-directory", directory]
        let process = try ChildProcess(arguments)
        let isReady = try await eventually { access(clusters, R_OK) == 0 }
        guard isReady else {
            process.signal(SIGKILL)
            _ = process.wait()
            Issue.record("the sandbox does not serve")
            return
        }
        #expect(try mode(of: clusters) == "600\n")
        #expect(try mode(of: "\(directory)/ca.key") == "600\n")
        let data = try #require(FileManager.default.contents(atPath: clusters))
        let entries = try JSONDecoder().decode([Entry].self, from: data)
        #expect(entries.map(\.name) == ["sandbox-1", "sandbox-2"] && entries.allSatisfy { $0.nodes == 6 })

        let output = "\(directory)/output"
        let url = entries[1].endpoint + "/api/v1/nodes"
        let token = "Authorization: Bearer \(entries[1].token)"
        #expect(try curl("--cacert", "\(directory)/ca.crt", "-f", "-H", token, url, output: output) == 0)
        let nodes = try #require(FileManager.default.contents(atPath: output))
        #expect(String(decoding: nodes, as: UTF8.self).contains("\"kind\":\"NodeList\""))
        // 60: the certificate is not trusted.
        #expect(try curl("-f", "-H", token, url, output: output) == 60)

        let fault = entries[1].endpoint.replacing("/clusters/", with: "/sandbox/clusters/") + "/fault"
        let hang = "{\"kind\":\"hang\"}"
        let json = "Content-Type: application/json"
        #expect(
            try curl("--cacert", "\(directory)/ca.crt", "-f", "-H", json, "-d", hang, fault, output: output)
                == 0
        )
        let waiting = try ChildProcess(["curl", "-sS", "--cacert", "\(directory)/ca.crt", "-H", token, url])
        try await Task.sleep(for: .milliseconds(300))
        #expect(waiting.exitStatus() == nil, "the request hangs as asked")
        process.signal(SIGTERM)
        var status: Int?
        #expect(
            try await eventually {
                status = process.exitStatus() ?? status; return status != nil
            }
        )
        #expect(status == 0)
        #expect(waiting.wait() != 0)
    }

    /// The permissions in octal, by the stat command.
    private func mode(of path: String) throws -> String {
        let output = path + ".mode"
        try #require(try ChildProcess(["stat", "-c", "%a", path], output: output).wait() == 0)
        return String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
    }
}
