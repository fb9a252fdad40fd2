import Testing

@testable import Jobs

struct RetryPolicyTests {
    @Test(arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1000, 60)])
    func doublesUntilTheCap(attempt: Int, seconds: Int) {
        #expect(RetryPolicy().delay(afterAttempt: attempt, jitter: 1) == .seconds(seconds))
    }

    @Test(arguments: [(-1.0, 2000), (0, 2000), (0.5, 3000), (1, 4000), (7, 4000)])
    func spreadsOverTheUpperHalf(jitter: Double, milliseconds: Int) {
        #expect(RetryPolicy().delay(afterAttempt: 3, jitter: jitter) == .milliseconds(milliseconds))
    }
}
