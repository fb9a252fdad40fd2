import FoundationEssentials
import HTTPClient
import Store
import TestKit
import Testing

@testable import Notifications

@Suite("Sending mail", .timeLimit(.minutes(1))) struct MailSenderTests {
    private func message() -> NotificationMessage {
        NotificationMessage(
            eventID: UUID.version7(),
            kind: NotificationKind.test.rawValue,
            customerID: UUID.version7(),
            occurredAt: Date(),
            facts: ["channel": .string("größe")]
        )
    }

    @Test("a mail arrives whole over STARTTLS with a password, and in clear where that is asked for")
    func arrives() async throws {
        for isEncrypted in [true, false] {
            let server = try MailReceiver(isEncrypted: isEncrypted)
            let sender = MailSender(server: try server.server())
            let message = message()
            let bytes = MailFormat.message(message, from: "cloudoptim@example.com", to: "ops@example.org")
            try await sender.send(bytes, from: "cloudoptim@example.com", to: "ops@example.org")
            let mail = try #require(try await server.mails().first)
            #expect(mail.sender == "cloudoptim@example.com")
            #expect(mail.receivers == ["ops@example.org"])
            #expect(mail.subject == "CloudOptim: Test")
            #expect(mail.text.contains("The channel größe works."))
            #expect(mail.text.contains(message.eventID.text))
        }
    }

    @Test("a server without a trusted certificate, or with another password, gets nothing")
    func isCareful() async throws {
        let server = try MailReceiver(isEncrypted: true)
        let untrusted = MailSender(server: try server.server(isTrusted: false))
        let first = await #expect(throws: MailError.self) {
            try await untrusted.send(Array("x\r\n".utf8), from: "a@example.com", to: "b@example.com")
        }
        #expect(first?.code == .notEncrypted)
        let stranger = MailSender(server: try server.server(password: "wrong"))
        let second = await #expect(throws: MailError.self) {
            try await stranger.send(Array("x\r\n".utf8), from: "a@example.com", to: "b@example.com")
        }
        #expect(second?.code == .notSignedIn)
        #expect(second?.description.contains("wrong") == false)
        #expect(try await server.mails().isEmpty)
    }

    @Test("who refuses for good is told from who refuses for now")
    func tellsRefusals() async throws {
        let server = try MailReceiver(isEncrypted: false)
        let sender = MailSender(server: try server.server())
        let gone = await #expect(throws: MailError.self) {
            try await sender.send(Array("x\r\n".utf8), from: "a@example.com", to: "gone@example.com")
        }
        #expect(gone?.code == .refused)
        let busy = await #expect(throws: MailError.self) {
            try await sender.send(Array("x\r\n".utf8), from: "a@example.com", to: "busy@example.com")
        }
        #expect(busy?.code == .postponed)
        let invalid = await #expect(throws: MailError.self) {
            try await sender.send([], from: "a@example.com", to: "b@example.com>\r\nRCPT TO:<c@example.com")
        }
        #expect(invalid?.code == .invalidAddress)
    }

    @Test(
        "a URL that would send a password in clear, or is none of a mail server, is refused without being shown",
        arguments: [
            "smtp://user:hunter2@localhost?tls=none", "http://user:hunter2@localhost", "smtp:///hunter2",
            "smtp://localhost?hunter2",
        ]
    )
    func refuses(url: String) {
        let error = #expect(throws: HTTPClientError.self) { try MailServer(url) }
        #expect(error.map { !"\($0)".contains("hunter2") } == true)
    }

    @Test("a mail server shows no credentials")
    func hidesCredentials() throws {
        let server = try MailServer("smtps://user:hunter2@mail.example.com")
        #expect("\(server)" == "smtps://mail.example.com:465")
        var dumped = ""
        dump(server, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }
}
