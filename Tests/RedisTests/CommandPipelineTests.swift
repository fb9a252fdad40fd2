import Redis
import TestKit
import Testing

@Suite("Command pipeline") struct CommandPipelineTests {
    typealias Pipeline = CommandPipeline<String>

    private let start = ContinuousClock.now
    private let lost = RedisError(.connectionLost, "gone")

    private func pipeline(commands: Int = 100, bytes: Int = 1000) -> Pipeline {
        Pipeline(limits: .init(commands: commands, bytes: bytes))
    }

    @discardableResult
    private func submit(
        _ pipeline: inout Pipeline,
        _ waiter: String,
        count: Int? = nil,
        size: Int = 10,
        after: Duration = .seconds(1)
    ) -> Pipeline.Submission {
        pipeline.submitted(count: count ?? 1, isBatch: count != nil, waiter: waiter, deadline: start + after)
        {
            $0.append(contentsOf: repeatElement(0, count: size))
        }
    }

    private func take(_ pipeline: inout Pipeline) -> Int {
        var buffer: [UInt8] = []
        pipeline.writerIsReady(for: &buffer)
        return buffer.count
    }

    private func receive(_ pipeline: inout Pipeline, _ replies: [RedisValue]) throws -> [String] {
        var deliveries: [Pipeline.Delivery] = []
        try #require(pipeline.received(replies, deliveries: &deliveries) == nil)
        return deliveries.map(text)
    }

    private func text(_ delivery: Pipeline.Delivery) -> String {
        func text(_ result: Result<RedisValue, RedisError>) -> String {
            switch result {
            case .success(let value): value.string ?? value.int.map { "\($0)" } ?? "?"
            case .failure(let error): error.code.rawValue + (error.mayHaveBeenApplied ? "*" : "")
            }
        }
        return switch delivery.outcome {
        case .reply(let result): "\(delivery.waiter)=\(text(result))"
        case .replies(let results): "\(delivery.waiter)=[\(results.map(text).joined(separator: ","))]"
        }
    }

    @Test func wakesTheWriterOncePerBurst() {
        var pipeline = pipeline()
        guard case .flush = submit(&pipeline, "a"), case .queued = submit(&pipeline, "b") else {
            Issue.record("expected a flush, then nothing")
            return
        }
        #expect(take(&pipeline) == 20)
        guard case .queued = submit(&pipeline, "c") else {
            Issue.record("the writer is still awake")
            return
        }
        #expect(take(&pipeline) == 10)
        #expect(take(&pipeline) == 0)
        guard case .flush = submit(&pipeline, "d") else {
            Issue.record("the writer went to sleep")
            return
        }
    }

    @Test func matchesRepliesInOrder() throws {
        var pipeline = pipeline()
        submit(&pipeline, "a")
        submit(&pipeline, "b", count: 3)
        submit(&pipeline, "c")
        _ = take(&pipeline)
        #expect(try receive(&pipeline, [.integer(1), .integer(2)]) == ["a=1"])
        #expect(try receive(&pipeline, [.error("ERR no"), .status("OK")]) == ["b=[2,server,OK]"])
        #expect(pipeline.pendingCommands == 1)
        #expect(try receive(&pipeline, [.null]) == ["c=?"])
        #expect(pipeline.isIdle)
    }

    @Test func refusesAReplyNobodyAskedFor() {
        var pipeline = pipeline()
        submit(&pipeline, "a")
        var deliveries: [Pipeline.Delivery] = []
        #expect(pipeline.received([.null, .null], deliveries: &deliveries)?.code == .protocolViolation)
        #expect(deliveries.map(\.waiter) == ["a"])
    }

    @Test func keepsThePlaceOfACancelledWaiter() throws {
        var pipeline = pipeline()
        submit(&pipeline, "a")
        submit(&pipeline, "b", count: 2)
        submit(&pipeline, "c")
        #expect(pipeline.cancelled(position: 1).map(text) == "b=[cancelled]")
        _ = take(&pipeline)
        #expect(pipeline.cancelled(position: 1) == nil)
        #expect(pipeline.cancelled(position: 0).map(text) == "a=cancelled*")
        #expect(try receive(&pipeline, [.integer(1), .integer(2), .integer(3), .integer(4)]) == ["c=4"])
        #expect(pipeline.cancelled(position: 2) == nil)
        #expect(pipeline.cancelled(position: 99) == nil)
        #expect(pipeline.cancelled(position: -1) == nil)
    }

    @Test func failsEveryoneOnLossAndSaysWhatWasSent() throws {
        var pipeline = pipeline()
        submit(&pipeline, "a", count: 2)
        submit(&pipeline, "b")
        _ = take(&pipeline)
        submit(&pipeline, "c")
        #expect(try receive(&pipeline, [.status("OK")]) == [])
        #expect(
            pipeline.closed(by: lost).map(text)
                == ["a=[OK,connectionLost*]", "b=connectionLost*", "c=connectionLost"]
        )
        #expect(pipeline.closed(by: lost).isEmpty)
        guard case .rejected(let error) = submit(&pipeline, "d") else {
            Issue.record("a closed pipeline takes nothing")
            return
        }
        #expect(error.code == .connectionLost && !error.mayHaveBeenApplied)
        #expect(take(&pipeline) == 0)
    }

    @Test func tellsTheLateFromTheOthers() {
        var pipeline = pipeline()
        submit(&pipeline, "late")
        submit(&pipeline, "later", after: .seconds(3))
        _ = take(&pipeline)
        #expect(pipeline.nextDeadline == start + .seconds(1))
        let error = RedisError(.timedOut, "too late")
        let deliveries = pipeline.closed(by: error, now: start + .seconds(2))
        #expect(deliveries.map(text) == ["late=timedOut*", "later=connectionLost*"])
    }

    @Test func refusesMoreThanItsLimits() {
        var commands = pipeline(commands: 3)
        submit(&commands, "a", count: 2)
        guard case .rejected(let error) = submit(&commands, "b", count: 2) else {
            Issue.record("expected a refusal")
            return
        }
        #expect(error.code == .overloaded && error.isRetryable)
        var bytes = pipeline(bytes: 100)
        submit(&bytes, "a", size: 100)
        guard case .rejected = submit(&bytes, "b") else {
            Issue.record("expected a refusal")
            return
        }
        _ = take(&bytes)
        guard case .queued = submit(&bytes, "b") else {
            Issue.record("there is room again")
            return
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func deliversEachWaiterOnce(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var pipeline = pipeline(commands: 100_000, bytes: 1 << 30)
        var submitted = 0
        var delivered: [String: Int] = [:]
        var expected: [Int] = []
        for _ in 0..<3000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                submit(&pipeline, "\(submitted)")
                expected.append(submitted)
                submitted += 1
            case 5..<8:
                let count = Int.random(in: 0...min(expected.count, 9), using: &generator)
                let replies = expected.prefix(count).map { RedisValue.integer(Int64($0)) }
                expected.removeFirst(count)
                for text in try receive(&pipeline, replies) {
                    let parts = text.split(separator: "=")
                    #expect(parts[0] == parts[1])
                    delivered["\(parts[0])", default: 0] += 1
                }
            case 8:
                guard submitted > 0 else { continue }
                let position = Int.random(in: 0..<submitted, using: &generator)
                if let delivery = pipeline.cancelled(position: position) {
                    #expect(delivery.waiter == "\(position)")
                    delivered[delivery.waiter, default: 0] += 1
                }
            default:
                _ = take(&pipeline)
            }
        }
        for delivery in pipeline.closed(by: lost) { delivered[delivery.waiter, default: 0] += 1 }
        #expect(delivered.count == submitted)
        #expect(delivered.values.allSatisfy { $0 == 1 })
    }
}
