import Foundation
import HTTPClient
import Kubernetes
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct KubernetesClientTests {
    let server: FakeServer

    init() throws { server = try FakeServer.started() }

    private func failure(
        _ scenario: String,
        _ call: (KubernetesClient) async throws -> Void = { _ = try await $0.serverVersion() }
    ) async throws -> (error: KubernetesError, requests: Int) {
        let client = server.client(scenario)
        let error = try #require(await kubernetesError { try await call(client.kubernetes) })
        return (error, try await client.requestCount())
    }

    @Test func sendsTokenAndPath() async throws {
        let client = server.client("headers")
        let version = try await client.kubernetes.serverVersion()
        #expect(version.major == "application/json")
        #expect(version.minor == "version")
        #expect(version.gitVersion == client.token)
    }

    @Test func carriesTheTrace() async throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let client = server.client("trace")
        #expect(try await client.kubernetes.serverVersion().gitVersion == "")
        let sent = try await HTTPTrace.$traceparent.withValue(trace) {
            try await client.kubernetes.serverVersion().gitVersion
        }
        #expect(sent == trace)
    }

    @Test(arguments: ["flaky", "drops"])
    func repeatsUntilItWorks(scenario: String) async throws {
        let clock = RecordingClock()
        var client = server.client(scenario, clock: clock)
        client.kubernetes.random = { 1 }
        #expect(try await client.kubernetes.serverVersion().gitVersion == "v1.31.0-test")
        // libcurl itself repeats a request once on a connection that was used before.
        #expect(try await client.requestCount() == 3)
        #expect(clock.sleeps == [.milliseconds(500), .seconds(1)])
    }

    @Test func waitsAsLongAsTheServerAsks() async throws {
        let clock = RecordingClock()
        let client = server.client("busy", clock: clock)
        _ = try await client.kubernetes.serverVersion()
        #expect(clock.sleeps == [.seconds(7)])
    }

    @Test func doesNotWaitBeyondTheDeadline() async throws {
        let client = server.client("busy", clock: ContinuousClock())
        let error = await kubernetesError {
            _ = try await client.kubernetes.until(.now + .seconds(5)).serverVersion()
        }
        #expect(error?.code == .tooManyRequests)
        #expect(error?.retryAfter == .seconds(7))
        #expect(try await client.requestCount() == 1)
    }

    @Test func readsTheWaitFromTheBody() async throws {
        let (error, requests) = try await failure("busybody")
        #expect(error.code == .tooManyRequests)
        #expect(error.retryAfter == .seconds(10))
        #expect(requests == 3)
    }

    @Test(arguments: [
        (401, KubernetesError.Code.unauthorized, 1), (403, .forbidden, 1), (404, .notFound, 1),
        (409, .conflict, 1),
        (410, .gone, 1), (422, .rejected, 1), (400, .rejected, 1), (500, .serverError, 3),
        (503, .serverError, 3),
        (504, .serverError, 3), (408, .timedOut, 3),
    ])
    func readsStatus(status: Int, code: KubernetesError.Code, expectedRequests: Int) async throws {
        let (error, requests) = try await failure("status\(status)")
        #expect(error.code == code)
        #expect(error.status == status)
        #expect(error.reason == "Reason")
        #expect(error.message == "message of \(status)")
        #expect(requests == expectedRequests)
    }

    @Test func survivesAProxysPage() async throws {
        let (error, _) = try await failure("proxy")
        #expect(error.code == .serverError)
        #expect(!error.message.contains("hunter2"))
    }

    @Test(arguments: ["portal", "wrongobject", "redirect"])
    func refusesOtherAnswers(scenario: String) async throws {
        let (error, requests) = try await failure(scenario)
        #expect(error.code == .invalidResponse)
        #expect(requests == 1)
    }

    @Test(arguments: ["hang", "drip"])
    func limitsEachAttempt(scenario: String) async throws {
        let client = server.client(scenario, retry: RetrySettings(timeout: .seconds(2), attempts: 2))
        let clock = ContinuousClock()
        let started = clock.now
        let error = await kubernetesError { _ = try await client.kubernetes.serverVersion() }
        #expect(error?.code == .timedOut)
        #expect(clock.now - started < .seconds(20))
        #expect(try await client.requestCount() == 2)
    }

    @Test func endsAtTheDeadline() async throws {
        let client = server.client("hang", retry: RetrySettings(timeout: .seconds(30), attempts: 100))
        let clock = ContinuousClock()
        let started = clock.now
        let error = await kubernetesError {
            _ = try await client.kubernetes.until(.now + .milliseconds(400)).serverVersion()
        }
        #expect(error?.code == .timedOut)
        #expect(clock.now - started < .seconds(20))
    }

    @Test func endsOnCancellationWhileWaiting() async throws {
        let client = server.client(
            "status503",
            retry: RetrySettings(firstPause: .seconds(30)),
            clock: ContinuousClock()
        )
        var kubernetes = client.kubernetes
        kubernetes.random = { 1 }
        let task = Task { [kubernetes] in await kubernetesError { _ = try await kubernetes.serverVersion() } }
        while try await client.requestCount() < 1 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value?.code == .cancelled)
    }

    @Test(arguments: [
        "http://localhost", "https://localhost/#", "https://localhost?x", "localhost", "https://u@localhost",
    ])
    func refusesEndpoint(url: String) async {
        let endpoint = KubernetesEndpoint(
            serverURL: url,
            certificateAuthorityPEM: nil,
            token: KubernetesToken("t")
        )
        let client = KubernetesClient(endpoint: endpoint, http: server.client("ok").http)
        #expect(await kubernetesError { _ = try await client.serverVersion() }?.code == .invalidEndpoint)
    }

    @Test func appliesTheAddressPolicy() async {
        var endpoint = server.client("ok").kubernetes.endpoint
        endpoint.addressPolicy = .publicOnly
        let client = KubernetesClient(endpoint: endpoint, http: server.client("ok").http)
        let error = await kubernetesError { _ = try await client.serverVersion() }
        #expect(error?.code == .addressRefused)
    }

    @Test func pagesThroughAList() async throws {
        let client = server.client("pages")
        #expect(
            try await client.kubernetes.listNodes().map(\.metadata.name) == (0..<1234).map { "item-\($0)" }
        )
        #expect(try await client.requestCount() == 3)
    }

    @Test func beginsAnewWhenTheSnapshotExpires() async throws {
        let client = server.client("expired")
        var names: [String] = []
        var restarts = 0
        try await client.kubernetes.forEachPodPage(onRestart: {
            restarts += 1
            names = []
        }) { names += $0.map(\.metadata.name) }
        #expect(restarts == 2)
        #expect(names == (0..<1234).map { "item-\($0)" })
        #expect(try await server.client("expired").kubernetes.listNamespaces().count == 1234)
    }

    @Test func givesUpWhenEverySnapshotExpires() async throws {
        let (error, requests) = try await failure("expiring") { _ = try await $0.listNodes() }
        #expect(error.code == .gone)
        #expect(error.reason == "Expired")
        #expect(requests == 8)
    }

    @Test func noticesAPageThatRepeats() async throws {
        let (error, requests) = try await failure("loop") { _ = try await $0.listNodes() }
        #expect(error.code == .invalidResponse)
        #expect(requests == 2)
    }

    @Test func readsAnEmptyList() async throws {
        #expect(try await server.client("null").kubernetes.listNodes().isEmpty)
    }

    @Test(arguments: ["status404", "status503"])
    func tellsThatThereAreNoMetrics(scenario: String) async throws {
        let (error, requests) = try await failure(scenario) { _ = try await $0.nodeMetrics() }
        #expect(error.code == .metricsUnavailable)
        #expect(requests == 1)
        #expect(
            try await failure(scenario) { _ = try await $0.podMetrics() }.error.code == .metricsUnavailable
        )
        #expect(try await failure("status403") { _ = try await $0.podMetrics() }.error.code == .forbidden)
    }

    @Test func passesOnWhatTheBodyThrows() async throws {
        struct Enough: Error {}
        let client = server.client("pages")
        await #expect(throws: Enough.self) {
            try await client.kubernetes.forEachPodPage(onRestart: {}) { _ in throw Enough() }
        }
        #expect(try await client.requestCount() == 1)
    }

    /// 5,000 pods are some 40 MB as served; a page at a time must not add up to that.
    ///
    /// In a process of its own, as memory is shared by all tests.
    @Test(.disabled(if: isSanitized, "a sanitizer keeps freed memory"))
    func keepsALargeListSmall() async {
        await #expect(processExitsWith: .success) {
            let client = try FakeServer.started().client("big")
            let before = try residentMegabytes()
            var highest = before
            var usage = NodeUsage()
            try await client.kubernetes.forEachPodPage(onRestart: { usage = NodeUsage() }) { pods in
                usage.add(pods)
                highest = max(highest, try residentMegabytes())
            }
            try #require(usage.nodes.count == 100)
            try #require(usage.nodes.values.reduce(0) { $0 + $1.podCount } == 5000)
            try #require(usage["node-7"].resources.cpu == Quantity(units: 25))
            try #require(highest - before < 150)
        }
    }
}

private let isSanitized = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil

private func residentMegabytes() throws -> Int {
    let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = try #require(Int(statm.split(separator: " ")[1]))
    return (pages * sysconf(Int32(_SC_PAGESIZE))) >> 20
}
