import Glibc
import HTTPClient

enum TestLimits {
    /// Raises the process's limit on open descriptors to what the system allows.
    static func raiseDescriptors() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 8192)
        setrlimit(__rlimit_resource_t(7), &limit)
    }
}

extension TestServer {
    /// Waits until the plain server has seen a path this often; the test's time limit bounds the wait.
    func waitForRequest(_ path: String, atLeast count: Int) async throws {
        let client = HTTPClient.forTest()
        while true {
            let response = try await client.execute(HTTPRequest(url: plain("/count?of=\(path)")))
            if Int(response.text) ?? 0 >= count { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
