import AWS
import Foundation
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CredentialsCacheTests {
    /// A time that tests set.
    final class TestTime: Sendable {
        private let value = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
        var now: Date { value.withLock { $0 } }
        func advance(_ seconds: TimeInterval) { value.withLock { $0 += seconds } }
    }

    /// Gives keys that last an hour, when it is let.
    actor GatedSource: CredentialsSource {
        let time: TestTime
        private(set) var count = 0
        private var failure: AWSError?
        private var isOpen = true
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var arrivals: [CheckedContinuation<Void, Never>] = []

        init(_ time: TestTime) { self.time = time }

        func close() { isOpen = false }
        func fail(_ error: AWSError?) { failure = error }
        func open() {
            isOpen = true
            for continuation in waiting { continuation.resume() }
            waiting = []
        }

        /// Returns when a fetch waits.
        func arrival() async {
            if waiting.isEmpty { await withCheckedContinuation { arrivals.append($0) } }
        }

        func fetch() async throws(AWSError) -> AWSCredentials {
            count += 1
            if !isOpen {
                await withCheckedContinuation { continuation in
                    waiting.append(continuation)
                    for arrival in arrivals { arrival.resume() }
                    arrivals = []
                }
            }
            if let failure { throw failure }
            return AWSCredentials(
                accessKeyID: "ASIA\(count)",
                secretAccessKey: "secret",
                sessionToken: "token",
                expiration: time.now.addingTimeInterval(3600)
            )
        }
    }

    private let time = TestTime()
    private let source: GatedSource
    private let cache: CredentialsCache

    init() {
        let time = time
        source = GatedSource(time)
        cache = CredentialsCache(source, now: { time.now }, random: { 0 })
    }

    private func key() async throws -> String { try await cache.credentials().accessKeyID }

    @Test func allWhoAskAtOnceShareOneFetch() async throws {
        await source.close()
        let keys = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<100 { group.addTask { try? await key() } }
            await source.arrival()
            await source.open()
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(keys == ["ASIA1"])
        #expect(await source.count == 1)
    }

    @Test func keepsWhatIsGood() async throws {
        #expect(try await key() == "ASIA1")
        time.advance(2600)
        #expect(try await key() == "ASIA1")
        #expect(await source.count == 1)
    }

    @Test func renewsBehindTheScenes() async throws {
        #expect(try await key() == "ASIA1")
        // A quarter of an hour is left.
        time.advance(2701)
        await source.close()
        #expect(try await key() == "ASIA1")
        await source.arrival()
        #expect(try await key() == "ASIA1")
        await source.open()
        // Who asks until it is there is given the old ones.
        while try await key() != "ASIA2" { await Task.yield() }
        #expect(await source.count == 2)
    }

    @Test func keepsTheOldOnesWhenRenewalFails() async throws {
        #expect(try await key() == "ASIA1")
        await source.fail(AWSError(.unreachable, "away"))
        time.advance(2701)
        #expect(try await key() == "ASIA1")
        while await source.count < 2 { await Task.yield() }
        time.advance(880)
        #expect(try await key() == "ASIA1")
        // They have expired, or nearly: now it is an error.
        time.advance(15)
        let error = await awsError { _ = try await key() }
        #expect(error?.code == .unreachable)
        await source.fail(nil)
        time.advance(2)
        #expect(try await key().hasPrefix("ASIA"))
    }

    @Test func remembersAPermanentFailure() async throws {
        await source.fail(AWSError(.accessDenied, "no"))
        for _ in 0..<50 {
            let error = await awsError { _ = try await key() }
            #expect(error?.code == .accessDenied)
        }
        #expect(await source.count == 1)
        time.advance(31)
        await source.fail(nil)
        #expect(try await key() == "ASIA2")
    }

    @Test func discardsOnlyWhatWasRefused() async throws {
        let first = try await cache.credentials()
        cache.discard(first)
        let second = try await cache.credentials()
        #expect(second.accessKeyID == "ASIA2")
        cache.discard(first)
        #expect(try await key() == "ASIA2")
    }

    @Test func aCancelledCallerLeavesTheOthersWaiting() async throws {
        await source.close()
        let first = Task { try await key() }
        await source.arrival()
        let second = Task { try await key() }
        first.cancel()
        let error = await awsError { _ = try await first.value }
        #expect(error?.code == .cancelled)
        await source.open()
        #expect(try await second.value == "ASIA1")
        #expect(await source.count == 1)
    }

    @Test func staticOnesNeverExpire() async throws {
        let credentials = AWSCredentials(accessKeyID: "AKIA", secretAccessKey: "s")
        let time = time
        let cache = CredentialsCache(StaticCredentials(credentials), now: { time.now })
        #expect(try await cache.credentials() == credentials)
        time.advance(1_000_000_000)
        #expect(try await cache.credentials() == credentials)
    }
}
