import Foundation
import HTTPClient
import Kubernetes
import Synchronization
import Testing

@Suite("Signing in by short-lived tokens", .timeLimit(.minutes(1))) struct SignInTests {
    /// Gives one token after the other, each until it is discarded.
    private final class Tokens: KubernetesTokenSource {
        private let all: Mutex<[String]>
        private let failure: KubernetesError?

        init(_ all: [String], failure: KubernetesError? = nil) {
            self.all = Mutex(all)
            self.failure = failure
        }

        var left: [String] { all.withLock(\.self) }

        func token(by deadline: ContinuousClock.Instant) async throws(KubernetesError) -> KubernetesToken {
            if let failure { throw failure }
            return KubernetesToken(left.first ?? "none")
        }

        func discard(_ token: KubernetesToken) {
            all.withLock { all in
                guard all.first == token.secret else { return }
                all.removeFirst()
            }
        }
    }

    /// A client with these tokens, of which those that begin with `old` are refused.
    private func with(_ tokens: Tokens, _ body: (FakeClient) async throws -> Void) async throws {
        var client = try FakeServer.started().client("renewing")
        var endpoint = client.kubernetes.endpoint
        endpoint.signIn = .tokens(tokens)
        client.kubernetes = KubernetesClient(endpoint: endpoint, http: client.http)
        let result: Result<Void, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.http.shutdown()
        try result.get()
    }

    @Test func sendsWhatTheSourceGives() async throws {
        let tokens = Tokens(["new-\(UUID().uuidString)", "next"])
        try await with(tokens) { client in
            let first = try await client.kubernetes.serverVersion()
            #expect(first.gitVersion == tokens.left.first)
            tokens.discard(KubernetesToken(tokens.left[0]))
            let next = try await client.kubernetes.serverVersion()
            #expect(next.gitVersion == "next")
        }
    }

    @Test func asksForAnotherOnceAfterARefusal() async throws {
        let tokens = Tokens(["old", "new", "next"])
        try await with(tokens) { client in
            let version = try await client.kubernetes.serverVersion()
            #expect(version.gitVersion == "new")
            #expect(tokens.left == ["new", "next"])
        }
    }

    @Test func takesASecondRefusalForAnAnswer() async throws {
        let tokens = Tokens(["old", "old2", "new"])
        try await with(tokens) { client in
            let error = await kubernetesError { _ = try await client.kubernetes.serverVersion() }
            #expect(error?.code == .unauthorized)
            #expect(tokens.left == ["old2", "new"])
        }
    }

    @Test func saysWhyThereIsNoToken() async throws {
        let failure = KubernetesError(.signInRefused, "the role refuses us")
        try await with(Tokens([], failure: failure)) { client in
            let error = await kubernetesError { _ = try await client.kubernetes.serverVersion() }
            #expect(error?.code == .signInRefused)
            #expect(error?.message == failure.message)
        }
    }
}
