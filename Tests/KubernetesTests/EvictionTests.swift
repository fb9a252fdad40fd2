import Kubernetes
import Testing

/// What servers answer to evictions, by a server that answers as the pod's name says.
@Suite(.timeLimit(.minutes(1)))
struct EvictionTests {
    let server: FakeServer

    init() throws { server = try FakeServer.started() }

    private func answer(_ pod: String, version: PolicyVersion = .v1) async throws -> (EvictionAnswer, Int) {
        let client = server.client("evict")
        let reference = PodReference(namespace: "shop", name: pod, uid: "u-1")
        let error = await kubernetesError {
            try await client.kubernetes.evict(reference, version: version, gracePeriodSeconds: 7)
        }
        return (error.map { EvictionAnswer($0) } ?? .accepted, try await client.requestCount())
    }

    @Test(arguments: [
        ("good", "accepted"), ("missing", "gone"), ("other", "gone"), ("nopath", "unknownVersion"),
        ("old", "unknownVersion"),
        (
            "budget",
            #"blockedByBudget(message: "The disruption budget web needs 3 healthy pods and has 3 currently")"#
        ),
        ("busy", "overloaded(retryAfter: 4.0 seconds)"), ("busier", "overloaded(retryAfter: 1.0 seconds)"),
        ("terminating", "namespaceTerminating"),
    ])
    func reads(pod: String, expected: String) async throws {
        let (answer, requests) = try await answer(pod)
        #expect("\(answer)" == expected)
        // The drain itself decides when to try again.
        #expect(requests == 1)
    }

    @Test func tellsSeveralBudgetsFromAnError() async throws {
        guard case .severalBudgets = try await answer("several").0 else {
            Issue.record("not seen as several budgets")
            return
        }
        guard case .failed(let error) = try await answer("broken").0 else {
            Issue.record("not seen as an error")
            return
        }
        #expect(error.code == .serverError)
    }

    @Test(arguments: ["forbidden", "unauthorized"])
    func refuses(pod: String) async throws {
        guard case .refused = try await answer(pod).0 else {
            Issue.record("not seen as refused")
            return
        }
    }

    @Test func sendsIdentityAndTime() async throws {
        let client = server.client("evict")
        let reference = PodReference(namespace: "shop", name: "echo", uid: "u-1")
        for version in PolicyVersion.allCases {
            let error = await kubernetesError {
                try await client.kubernetes.evict(reference, version: version, gracePeriodSeconds: 7)
            }
            #expect(error?.message == "\(version.rawValue) Eviction shop/echo 7 u-1 application/json")
        }
        let own = await kubernetesError {
            try await client.kubernetes.evict(reference, version: .v1, gracePeriodSeconds: nil)
        }
        #expect(own?.message == "policy/v1 Eviction shop/echo own u-1 application/json")
        let deletion = await kubernetesError {
            try await client.kubernetes.deletePod(reference, gracePeriodSeconds: 5)
        }
        #expect(deletion?.message == "DELETE 5 u-1")
    }

    @Test func neverDeletesWithoutTime() async {
        await #expect(processExitsWith: .failure) {
            let client = try FakeServer.started().client("evict")
            let pod = PodReference(namespace: "shop", name: "echo", uid: "u-1")
            try await client.kubernetes.deletePod(pod, gracePeriodSeconds: 0)
        }
    }

    @Test(arguments: [
        (KubernetesError(.notFound, ""), "gone"), (KubernetesError(.conflict, ""), "gone"),
        (
            KubernetesError(.tooManyRequests, "", retryAfter: .seconds(2)),
            "overloaded(retryAfter: 2.0 seconds)"
        ),
    ])
    func readsDeletions(error: KubernetesError, expected: String) {
        #expect("\(DeletionAnswer(error))" == expected)
    }
}
