import Testing

@testable import Bench

struct HTTPReplyScannerTests {
    private func received(_ text: some Sequence<UInt8>, by scanner: inout HTTPReplyScanner) -> Int? {
        Array(text).withUnsafeBytes { scanner.received($0) }
    }

    @Test func findsTheEndInAnyPieces() {
        let reply = "HTTP/1.1 201 Created\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello".utf8
        for cut in 1..<reply.count {
            var scanner = HTTPReplyScanner()
            #expect(received(reply.prefix(cut), by: &scanner) == nil)
            #expect(received(reply.dropFirst(cut), by: &scanner) == 201)
            #expect(scanner.bytes.isEmpty)
        }
    }

    @Test func takesOneReplyAfterAnother() {
        var scanner = HTTPReplyScanner()
        #expect(received("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".utf8, by: &scanner) == 200)
        #expect(received("HTTP/1.1 429 Slow\r\nCONTENT-LENGTH:2\r\n\r\n{}".utf8, by: &scanner) == 429)
    }

    @Test func refusesRepliesWithoutLength() {
        var scanner = HTTPReplyScanner()
        #expect(received("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8, by: &scanner) == 0)
    }
}
