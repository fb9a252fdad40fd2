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

    @Test(arguments: ["", "{", "{\"a\":}", "nul", "[1"])
    func refuses(text: String) {
        #expect(throws: (any Error).self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func cannotWriteANumberThatJSONLacks() {
        #expect(throws: (any Error).self) { try JSONValue.number(.infinity).serialized() }
    }
}
