import FoundationEssentials
import Logging
import Testing

@testable import Bootstrap

struct JSONLogHandlerTests {
    private func line(_ message: Logger.Message, _ metadata: Logger.Metadata?) -> String {
        var handler = JSONLogHandler(label: "test", level: .info)
        handler[metadataKey: "b"] = "of the logger"
        handler[metadataKey: "d"] = "of the logger too"
        let event = LogEvent(
            level: .info,
            message: message,
            metadata: metadata,
            source: nil,
            file: #fileID,
            function: #function,
            line: #line
        )
        let time = Date(timeIntervalSince1970: 1_769_860_800.25)
        return String(decoding: handler.line(of: event, at: time), as: UTF8.self)
    }

    @Test func writesItsMembersInOrder() {
        #expect(
            line("hello", ["c": "3", "a": .stringConvertible(1), "b": "of the line"])
                == #"{"time":"2026-01-31T12:00:00.250Z","level":"info","message":"hello","logger":"test","#
                + #""a":"1","b":"of the line","c":"3","d":"of the logger too"}"#
        )
    }

    @Test func escapesWhatJSONCannotHold() {
        let text = line("a\"b\\c\nd\re\tf\u{1}g\u{1F}hé😀", nil)
        #expect(text.contains(#""message":"a\"b\\c\nd\re\tf\u0001g\u001fhé😀","#))
    }
}
