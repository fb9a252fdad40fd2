import Kubernetes
import Testing

struct RetrySettingsTests {
    private let settings = RetrySettings(
        attempts: 5,
        backoffFactor: 2,
        firstPause: .seconds(1),
        longestPause: .seconds(6)
    )
    private let failed = KubernetesError(.serverError, "", status: 500)

    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 6)])
    func growsToTheLongest(attempt: Int, seconds: Int) {
        #expect(settings.pause(after: attempt, failed, remaining: nil, random: 1) == .seconds(seconds))
        #expect(settings.pause(after: attempt, failed, remaining: nil, random: 0) == .zero)
        #expect(settings.pause(after: attempt, failed, remaining: nil, random: 0.5) == .seconds(seconds) / 2)
    }

    @Test func stopsAfterTheLastAttempt() {
        #expect(settings.pause(after: 5, failed, remaining: nil, random: 0) == nil)
        #expect(RetrySettings(attempts: 0).pause(after: 1, failed, remaining: nil, random: 0) == nil)
    }

    @Test func doesNotRepeatWhatStaysTheSame() {
        for code in KubernetesError.Code.allCases {
            let isRepeated = [.tooManyRequests, .serverError, .unreachable, .timedOut, .signInUnavailable]
                .contains(code)
            let pause = settings.pause(after: 1, KubernetesError(code, ""), remaining: nil, random: 0)
            #expect((pause != nil) == isRepeated, "\(code)")
        }
    }

    @Test func waitsAsLongAsTheServerAsks() {
        let error = KubernetesError(.tooManyRequests, "", status: 429, retryAfter: .seconds(5))
        #expect(settings.pause(after: 1, error, remaining: nil, random: 0) == .seconds(5))
        #expect(settings.pause(after: 1, error, remaining: .seconds(5), random: 0) == nil)
        #expect(settings.pause(after: 1, error, remaining: .seconds(6), random: 0) == .seconds(5))
        let longer = KubernetesError(.tooManyRequests, "", status: 429, retryAfter: .seconds(7))
        #expect(settings.pause(after: 1, longer, remaining: nil, random: 0) == nil)
    }

    @Test func neverOutlastsTheDeadline() {
        #expect(settings.pause(after: 3, failed, remaining: .seconds(3), random: 1) == nil)
        #expect(settings.pause(after: 1, failed, remaining: .seconds(-1), random: 0) == nil)
    }
}
