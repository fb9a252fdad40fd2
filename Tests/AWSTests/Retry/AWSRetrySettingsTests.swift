import AWS
import Testing

struct AWSRetrySettingsTests {
    private let settings = AWSRetrySettings(attempts: 10)

    @Test(arguments: [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 20), (9, 20)])
    func doublesUntilTheLongest(attempt: Int, seconds: Double) {
        let error = AWSError(.throttled, "")
        #expect(settings.pause(after: attempt, error, random: 1) == .seconds(seconds))
        #expect(settings.pause(after: attempt, error, random: 0) == .zero)
    }

    @Test(arguments: AWSError.Code.allCases) func onlyWhatMayPassIsRepeated(code: AWSError.Code) {
        let error = AWSError(code, "")
        #expect((settings.pause(after: 1, error, random: 1) != nil) == error.isRetryable)
        #expect(settings.pause(after: 10, error, random: 1) == nil)
    }

    @Test func whatMayHaveHappenedIsNotRepeatedBlindly() {
        let maybe = AWSError(.unreachable, "", mayHaveHappened: true)
        #expect(settings.pause(after: 1, maybe, isRepeatable: false, random: 1) == nil)
        #expect(settings.pause(after: 1, maybe, isRepeatable: true, random: 1) != nil)
        let not = AWSError(.unreachable, "")
        #expect(settings.pause(after: 1, not, isRepeatable: false, random: 1) != nil)
    }

    @Test func aPauseMustEndBeforeTheDeadline() {
        let error = AWSError(.throttled, "")
        #expect(settings.pause(after: 3, error, remaining: .seconds(3), random: 1) == .seconds(2))
        #expect(settings.pause(after: 3, error, remaining: .seconds(2), random: 1) == nil)
    }

    @Test(arguments: [
        ("RequestLimitExceeded", 503, AWSError.Code.throttled), ("RequestThrottled", 403, .throttled),
        ("SlowDown", 503, .throttled), ("InternalError", 500, .serverError),
        ("InsufficientInstanceCapacity", 500, .insufficientCapacity),
        ("UnfulfillableCapacity", 400, .insufficientCapacity),
        ("MaxSpotInstanceCountExceeded", 400, .quotaExceeded),
        ("InvalidInstanceID.NotFound", 400, .notFound),
        ("InvalidInstanceID.Malformed", 400, .rejected), ("InvalidGroup.NotFound", 400, .notFound),
        ("UnauthorizedOperation", 403, .accessDenied), ("AuthFailure", 401, .invalidCredentials),
        ("AuthFailure.ServiceLinkedRoleCreationNotPermitted", 403, .accessDenied),
        ("ExpiredToken", 400, .expiredCredentials),
        ("IdempotentParameterMismatch", 400, .idempotencyMismatch),
        ("OperationNotPermitted", 400, .conflict), ("NeverHeardOf", 400, .rejected),
        ("NeverHeardOf", 502, .serverError), ("IDPCommunicationError", 400, .serverError),
    ])
    func classifiesCodes(rawCode: String, status: Int, code: AWSError.Code) {
        #expect(AWSError.Code(rawCode: rawCode, status: status) == code)
    }
}
