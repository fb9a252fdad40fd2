import FoundationEssentials
import Store
import Testing

struct JSONValueTests {
    @Test(arguments: [
        #"{"a":1,"b":[true,null,"x"],"c":{"d":1.5}}"#, "[]", "null", #""é\u0001""#, "-9223372036854775808",
    ])
    func writesWhatItReads(text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try JSONValue(parsing: value.serialized()) == value)
    }

    @Test func keepsKindsApart() throws {
        let value = try JSONValue(parsing: Array(#"[true,1,1.5,"1",null,{},[]]"#.utf8))
        #expect(
            value
                == .array([
                    .bool(true), .integer(1), .number(1.5), .string("1"), .null, .object([:]), .array([]),
                ])
        )
    }

    @Test func writesKeysInOrder() throws {
        let value = JSONValue.object(["b": 2, "a": 1, "c": 3].mapValues { .integer($0) })
        #expect(String(decoding: try value.serialized(), as: UTF8.self) == #"{"a":1,"b":2,"c":3}"#)
    }

    @Test(arguments: [
        "", " ", "{", "{\"a\":}", "nul", "nulll", "[1", "[1,]", "[,1]", "[1 2]", #"{"a":1,}"#, #"{"a" 1}"#,
        "{1:2}",
        "{a:1}", "01", "-01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "Infinity", "-Infinity",
        "1 2",
        "'a'", #"""#, #""\x""#, #""\u12""#, #""\u00zz""#, #""\ud800""#, #""\udc00""#, #""\ud800x""#,
        #""\ud800\ud800""#, #""\ud800\n""#, "\"\t\"", "\"\u{0}\"", "//\n1", "/**/1", "1e400", "-1e400",
        "\u{A0}1", "1\u{0}", "[1}", "]",
    ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC3, 0x22],
        [0xFE, 0xFF, 0x00, 0x31], [0x31, 0x00], [0xEF, 0xBB],
    ])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test(
        arguments: [
            ("-0", .integer(0)), ("1.0", .integer(1)), ("1e3", .integer(1000)), ("1.5e1", .integer(15)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(0x1p63)), ("-9223372036854775809", .integer(.min)),
            ("18446744073709551616", .number(0x1p64)), ("1e-400", .integer(0)), ("0.1", .number(0.1)),
            ("1e21", .number(1e21)), ("-1.25E-2", .number(-0.0125)),
        ] as [(String, JSONValue)]
    )
    func readsNumbers(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    }

    @Test func readsEscapes() throws {
        let text = #" [ "\"\\\/\b\f\n\r\t", "\u0041\u00e9\u20AC\ud83d\ude00", "\u0000" ] "#
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(
            value
                == .array([
                    .string("\"\\/\u{8}\u{C}\n\r\t"), .string("A\u{E9}\u{20AC}\u{1F600}"), .string("\0"),
                ])
        )
    }

    @Test func takesTheFirstOfMembersWithOneName() throws {
        let value = try JSONValue(parsing: Array(#"{"a":1,"b":2,"\u0061":3}"#.utf8))
        #expect(value == .object(["a": .integer(1), "b": .integer(2)]))
    }

    @Test func skipsAByteOrderMark() throws {
        #expect(try JSONValue(parsing: [0xEF, 0xBB, 0xBF, 0x31]) == .integer(1))
    }

    @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
    func limitsTheDepth(opening: String, closing: String) throws {
        func nested(_ depth: Int) -> [UInt8] {
            let inner = opening == "[" ? "" : "1"
            return Array(
                (String(repeating: opening, count: depth) + inner + String(repeating: closing, count: depth))
                    .utf8
            )
        }
        _ = try JSONValue(parsing: nested(64))
        for depth in [65, 1000, 1_000_000] {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(depth)) }
            #expect(error?.code == .tooDeep)
        }
    }

    @Test func writesEscapes() throws {
        let text = JSONValue.string("\"\\/\u{8}\n\r\t\u{1F}\u{7F}é😀")
        #expect(
            String(decoding: try text.serialized(), as: UTF8.self) == #""\"\\/\u0008\n\r\t\u001f"#
                + "\u{7F}é😀\""
        )
    }

    @Test func cannotWriteANumberThatJSONLacks() {
        #expect(throws: JSONError.self) { try JSONValue.number(.infinity).serialized() }
        #expect(throws: JSONError.self) { try JSONValue.number(.nan).serialized() }
    }
}
