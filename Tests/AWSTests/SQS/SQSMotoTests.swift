import AWS
import Foundation
import HTTPClient
import Testing

/// SQS against moto.
@Suite(.timeLimit(.minutes(2)))
struct SQSMotoTests {
    let moto: MotoServer
    let client: AWSClient

    init() async throws {
        moto = try await MotoServer.shared()
        client = try moto.client()
    }

    @Test func receivesAndDeletesMessages() async throws {
        let queue = try await TestQueue(moto)
        for i in 0..<12 { try await queue.send("message \(i) é < & \"") }
        let first = try await client.sqs.receive(from: queue.url, wait: .zero, visibility: .seconds(60))
        let second = try await client.sqs.receive(from: queue.url, wait: .zero, visibility: .seconds(60))
        #expect(first.count == 10)
        #expect(second.count == 2)
        let messages = first + second
        #expect(Set(messages.map(\.body)) == Set((0..<12).map { "message \($0) é < & \"" }))
        #expect(messages.allSatisfy { $0.receiveCount == 1 })
        #expect(messages.allSatisfy { abs($0.sent?.timeIntervalSinceNow ?? 1000) < 60 })
        #expect(try await client.sqs.attributes(of: queue.url).inFlight == 12)
        #expect(try await client.sqs.delete(first.map(\.receipt), from: queue.url).isEmpty)
        #expect(try await client.sqs.delete(second.map(\.receipt), from: queue.url).isEmpty)
        let attributes = try await client.sqs.attributes(of: queue.url)
        #expect(attributes.waiting == 0)
        #expect(attributes.inFlight == 0)
        #expect(attributes.visibility == .seconds(30))
        #expect(attributes.arn == queue.url.arn)
        #expect(!attributes.hasDeadLetterQueue)
    }

    @Test func giveBackMakesAMessageComeAgain() async throws {
        let queue = try await TestQueue(moto)
        try await queue.send("again")
        let first = try #require(try await client.sqs.receive(from: queue.url, wait: .zero).first)
        try await client.sqs.changeVisibility(of: first.receipt, in: queue.url, to: .zero)
        let again = try #require(try await client.sqs.receive(from: queue.url, wait: .seconds(5)).first)
        #expect(again.id == first.id)
        #expect(again.receiveCount == 2)
    }

    @Test func anEmptyQueueGivesNothing() async throws {
        let queue = try await TestQueue(moto)
        #expect(try await client.sqs.receive(from: queue.url, wait: .seconds(1)).isEmpty)
    }

    @Test func tellsOfAMissingQueue() async throws {
        let url = try QueueURL(
            "\(moto.url)/\(MotoServer.account)/nowhere",
            region: "us-east-1".region,
            endpoints: AWSEndpoints(common: moto.url)
        )
        let error = await awsError { _ = try await client.sqs.receive(from: url, wait: .zero) }
        #expect(error?.code == .notFound)
        #expect(error?.action == "sqs:ReceiveMessage")
    }

    @Test func aCancelledPollEnds() async throws {
        let queue = try await TestQueue(moto)
        let task = Task { try await client.sqs.receive(from: queue.url, wait: .seconds(20)) }
        task.cancel()
        let error = await awsError { _ = try await task.value }
        #expect(error?.code == .cancelled)
    }
}

/// A queue that a test owns; made and filled by the calls that the library itself has no use for.
struct TestQueue {
    let url: QueueURL
    private let moto: MotoServer

    init(_ moto: MotoServer) async throws {
        self.moto = moto
        let answer = try await Self.call(moto, "CreateQueue", ["QueueName": "queue-\(UUID().uuidString)"])
        guard let text = answer["QueueUrl"] else { throw MotoRefusal(text: "no queue") }
        url = try QueueURL(
            text,
            region: "us-east-1".region,
            account: MotoServer.account,
            endpoints: AWSEndpoints(common: moto.url)
        )
    }

    func send(_ body: String) async throws {
        _ = try await Self.call(moto, "SendMessage", ["QueueUrl": url.text, "MessageBody": body])
    }

    private static func call(
        _ moto: MotoServer,
        _ action: String,
        _ input: [String: String]
    ) async throws -> [String: String] {
        let scope = "AKIAANYBODY/20260101/us-east-1/sqs/aws4_request"
        let response = try await moto.http.execute(
            HTTPRequest(
                method: "POST",
                url: moto.url + "/",
                headers: [
                    ("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "AmazonSQS.\(action)"),
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host, Signature=0"
                    ),
                ],
                body: Array(try JSONEncoder().encode(input)),
                timeout: MotoServer.patience,
                stallTimeout: MotoServer.patience
            )
        )
        guard response.status == 200 else {
            throw MotoRefusal(text: String(decoding: response.body, as: UTF8.self))
        }
        return (try? JSONDecoder().decode([String: String].self, from: Data(response.body))) ?? [:]
    }
}
