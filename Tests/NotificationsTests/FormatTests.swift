import Cryptography
import FoundationEssentials
import Store
import Testing

@testable import Notifications

@Suite("Formats of notifications") struct FormatTests {
    private let message = NotificationMessage(
        eventID: UUID.version7(),
        kind: NotificationKind.podsLost.rawValue,
        customerID: UUID.version7(),
        occurredAt: Date(timeIntervalSince1970: 1_769_860_800),
        facts: [
            "node": .string("node <1> & \"ä\"\r\nBcc: x@example.com"), "count": .integer(2),
            "pods": .array([.string("shop/web-0"), .string("shop/web-1")]),
        ]
    )

    @Test("a webhook's signature is over its time and body, and changes with each")
    func signs() throws {
        let body = try WebhookFormat.body(message)
        let date = Date(timeIntervalSince1970: 1_700_000_000)
        let headers = Dictionary(
            uniqueKeysWithValues: WebhookFormat.headers(
                message,
                body: body,
                secret: "whsec_a",
                attempt: 3,
                at: date
            )
        )
        let expected = HMACSHA256.authenticationCode(
            for: Array("1700000000.".utf8) + body,
            key: Array("whsec_a".utf8)
        )
        #expect(headers["X-CloudOptim-Signature"] == "t=1700000000,v1=\(Hex.encode(expected))")
        #expect(headers["X-CloudOptim-Event-Id"] == message.eventID.text)
        #expect(headers["X-CloudOptim-Event-Kind"] == "pods_lost")
        #expect(headers["X-CloudOptim-Attempt"] == "3")
        #expect(
            WebhookFormat.signature(of: body, secret: "whsec_b", at: date)
                != headers["X-CloudOptim-Signature"]
        )
        let members = try #require(try JSONValue(parsing: body).members)
        #expect(members["event_id"] == .string(message.eventID.text))
        #expect(members["facts"]?.members == message.facts)
    }

    @Test("Slack gets blocks within its limits, a fallback, and nothing of ours as a command")
    func speaksSlack() throws {
        let body = try SlackFormat.body(message)
        let members = try #require(try JSONValue(parsing: body).members)
        guard case .string(let text)? = members["text"], case .array(let blocks)? = members["blocks"] else {
            Issue.record("no text or no blocks")
            return
        }
        #expect(text.hasPrefix("2 pods lost on node &lt;1&gt; &amp;"))
        #expect(blocks.count == 4)
        #expect(blocks.first?.members?["type"] == .string("header"))
        #expect(!SlackFormat.escaped("<!channel>", limit: 100).contains("<"))
        #expect(SlackFormat.escaped(String(repeating: "&", count: 100), limit: 12) == "&amp;&amp;…")
    }

    @Test("a mail has the headers of RFC 5322, and no name can add one")
    func writesMail() throws {
        let mail = String(
            decoding: MailFormat.message(message, from: "cloudoptim@example.com", to: "ops@example.org"),
            as: UTF8.self
        )
        let head = try #require(mail.components(separatedBy: "\r\n\r\n").first)
        #expect(head.contains("Message-ID: <\(message.eventID.text)@example.com>\r\n"))
        #expect(head.contains("Date: Sat, 31 Jan 2026 12:00:00 +0000\r\n"))
        #expect(!mail.contains("Bcc"))
        #expect(mail.utf8.allSatisfy { $0 < 0x80 })
        #expect(mail.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    }

    @Test("no letter, whatever is piled upon it, makes a line of a mail too long")
    func foldsSubjects() {
        let text = String(repeating: "Z" + String(repeating: "\u{0301}", count: 200), count: 3)
        let lines = MailFormat.encoded(text).components(separatedBy: "\r\n ")
        #expect(lines.allSatisfy { $0.utf8.count <= 75 })
        let bytes = lines.flatMap { Base64.decode(String($0.dropFirst(10).dropLast(2))) ?? [] }
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test("every kind has words", arguments: NotificationKind.allCases)
    func hasWords(kind: NotificationKind) {
        var message = NotificationMessage(
            eventID: UUID.version7(),
            kind: kind.rawValue,
            customerID: UUID.version7(),
            occurredAt: Date(),
            facts: [:]
        )
        #expect(message.text.title != kind.rawValue)
        #expect(!message.text.body.isEmpty)
        message = NotificationMessage(
            eventID: message.eventID,
            kind: "of_another_release",
            customerID: message.customerID,
            occurredAt: message.occurredAt,
            facts: [:]
        )
        #expect(message.text.title == "of_another_release")
    }

    @Test("one pod is not many, and a tag is nobody")
    func speaksWell() {
        func text(_ kind: NotificationKind, _ facts: [String: JSONValue]) -> NotificationText {
            NotificationMessage(
                eventID: UUID.version7(),
                kind: kind.rawValue,
                customerID: UUID.version7(),
                occurredAt: Date(),
                facts: facts
            ).text
        }
        #expect(
            text(.podsForced, ["count": .integer(1), "node": .string("n")]).title == "1 pod forced off n"
        )
        #expect(text(.podsLost, ["count": .integer(2), "node": .string("n")]).title == "2 pods lost on n")
        #expect(
            text(.ghostKept, ["kept_by": .string("tag")]).body == "Its tag said so; it is not terminated."
        )
    }

    @Test("a flagged ghost's owner learns when it ends, and how to keep it")
    func announcesGhosts() throws {
        var ghost = GhostRecord(
            kind: .volume,
            customerID: UUID.version7(),
            clusterID: UUID.version7(),
            instanceID: "vol-0123456789abcdef0",
            region: "us-east-1",
            tags: [],
            status: .flagged,
            seenAt: Date(timeIntervalSince1970: 1_769_774_400)
        )
        ghost.dueAt = Date(timeIntervalSince1970: 1_769_860_800)
        ghost.hourlyPrice = "0.011"
        let event = try #require(NotificationEvent.ghost(.flagged, of: ghost))
        let message = NotificationMessage(
            eventID: event.id,
            kind: event.kind.rawValue,
            customerID: event.customerID,
            occurredAt: event.occurredAt,
            facts: event.facts
        )
        #expect(event.facts["due_at"] == .string("2026-01-31T12:00:00.000Z"))
        #expect(event.facts["usd_per_hour"] == .string("0.011"))
        #expect(message.text.title == "vol-0123456789abcdef0 serves nobody, and will be deleted")
        #expect(
            message.text.body.contains("it is paid for and used by no pod. It is deleted at 2026-01-31T12")
        )
        #expect(message.text.body.contains("2026-01-31T12:00:00"))
        #expect(message.text.body.contains("cloudoptim.io/keep=true"))
        #expect(message.text.body.contains("/keep"))
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
