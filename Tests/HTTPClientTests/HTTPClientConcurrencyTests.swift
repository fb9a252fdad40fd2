import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientConcurrencyTests {
    let server: TestServer

    init() throws { server = try TestServer.started() }

    /// Raised where the limit on descriptors is what a shell usually has: 1,000 connections need 1,000 of them.
    @Test func runsAThousandSlowTransfersAtOnce() async throws {
        TestLimits.raiseDescriptors()
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 1000, maxConnectionsPerHost: 1000))
        let request = HTTPRequest(url: server.plain("/slow?ms=1500"), connectTimeout: .seconds(30))
        let clock = ContinuousClock()
        let started = clock.now
        let count = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<1000 { group.addTask { try await client.execute(request).text } }
            return try await group.reduce(into: 0) { $0 += $1 == "slow" ? 1 : 0 }
        }
        #expect(count == 1000)
        #expect(clock.now - started < .seconds(20))
    }

    @Test func queuesWhatExceedsTheHostLimit() async throws {
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 4))
        let request = HTTPRequest(url: server.plain("/connection"))
        let connections = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<300 { group.addTask { try await client.execute(request).text } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(connections.count <= 4)
    }

    /// With fewer connections than transfers libcurl queues too; none may be forgotten there.
    @Test func queuesWhatExceedsTheConnectionLimit() async throws {
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 300, maxConnectionsPerHost: 3))
        let request = HTTPRequest(url: server.plain("/connection"))
        let connections = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<300 { group.addTask { try await client.execute(request).text } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(connections.count <= 3)
    }

    @Test func countsWaitingTowardsTheTimeLimit() async throws {
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 1))
        let hanging = HTTPRequest(url: server.plain("/hang"))
        let task = Task { try await client.execute(hanging) }
        try await server.waitForRequest("/hang", atLeast: 1)
        // Either may have come first; one of the two waits until its time is up.
        let waiting = HTTPRequest(url: server.plain("/connection"), timeout: .milliseconds(300))
        let error = await clientError { _ = try await client.execute(waiting) }
        #expect(error?.code == .timedOut)
        #expect(error?.wasSent == false)
        task.cancel()
        #expect(await clientError { _ = try await task.value }?.code == .cancelled)
        #expect(try await client.execute(HTTPRequest(url: server.plain("/connection"))).status == 200)
    }

    @Test func aHangingHostDelaysNoOther() async throws {
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 2))
        let hanging = HTTPRequest(url: server.plain("/hang"))
        await withTaskGroup(of: HTTPClientError.Code?.self) { group in
            for _ in 0..<20 {
                group.addTask { await clientError { _ = try await client.execute(hanging) }?.code }
            }
            for _ in 0..<20 {
                let error = await clientError { _ = try await client.execute(server.trusted("/connection")) }
                #expect(error?.code == nil)
            }
            group.cancelAll()
            for await code in group { #expect(code == .cancelled) }
        }
    }

    @Test func refusesMoreThanTheQueueHolds() async throws {
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 1, maxQueued: 2))
        let request = HTTPRequest(url: server.plain("/hang"))
        await withTaskGroup(of: HTTPClientError.Code?.self) { group in
            for _ in 0..<10 {
                group.addTask { await clientError { _ = try await client.execute(request) }?.code }
            }
            // One hangs and two wait; or only two wait, if all came before the first could start.
            for _ in 0..<7 { #expect(await group.next() == .tooManyTransfers) }
            group.cancelAll()
            for await code in group { #expect(code == .cancelled || code == .tooManyTransfers) }
        }
    }

    @Test func endsOnCancellation() async throws {
        let client = HTTPClient.forTest()
        let url = server.plain("/hang")
        let clock = ContinuousClock()
        let started = clock.now
        let codes = await withTaskGroup(of: HTTPClientError.Code?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await clientError { _ = try await client.execute(HTTPRequest(url: url)) }?.code
                }
            }
            group.cancelAll()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: .cancelled, count: 200))
        #expect(clock.now - started < .seconds(20))
    }

    @Test func startsNothingForACancelledTask() async throws {
        let client = HTTPClient.forTest()
        let url = server.plain("/hang")
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await clientError { _ = try await client.execute(HTTPRequest(url: url)) }
        }
        task.cancel()
        let error = await task.value
        #expect(error?.code == .cancelled)
        #expect(error?.wasSent == false)
    }

    @Test func cancellingAfterTheEndIsHarmless() async throws {
        let client = HTTPClient.forTest()
        let url = server.plain("/connection")
        for _ in 0..<200 {
            let task = Task { try await client.execute(HTTPRequest(url: url)).status }
            await Task.yield()
            task.cancel()
            let result = await task.result
            switch result {
            case .success(let status): #expect(status == 200)
            case .failure(let error): #expect((error as? HTTPClientError)?.code == .cancelled)
            }
        }
        #expect(try await client.execute(HTTPRequest(url: url)).status == 200)
    }

    @Test func shutdownEndsEverything() async throws {
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 5))
        let request = HTTPRequest(url: server.plain("/hang"))
        let tasks = (0..<20).map { _ in
            Task { await clientError { _ = try await client.execute(request) }?.code }
        }
        try await server.waitForRequest("/hang", atLeast: 1)
        await client.shutdown()
        for task in tasks { #expect(await task.value == .shutDown) }
        await client.shutdown()
        #expect(await clientError { _ = try await client.execute(request) }?.code == .shutDown)
    }
}
