import Foundation
import Postgres
import Testing

@Suite("Values", .timeLimit(.minutes(1))) struct ValueTests {
    /// Sends the values and reads them back, as binary and as text, and lets the server compare them.
    private func roundTrip<Value: PostgresEncodable & PostgresDecodable & Equatable>(
        _ values: [Value],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let connection = try await TestDatabase.connect()
        for value in values {
            let binary = try await connection.query("SELECT \(value) AS value")
            #expect(try binary[0].decode("value", as: Value.self) == value, sourceLocation: sourceLocation)
            // A column only known as text makes the whole answer text.
            let text = try await connection.query("SELECT \(value) AS value, interval '1 day' AS other")
            #expect(try text[0].decode("value", as: Value.self) == value, sourceLocation: sourceLocation)
        }
        await connection.close()
    }

    @Test func integers() async throws {
        try await roundTrip([Int16.min, -1, 0, 1, .max])
        try await roundTrip([Int32.min, -1, 0, 1, .max])
        try await roundTrip([Int64.min, -1, 0, 1, .max])
        try await roundTrip([Int.min, -1, 0, 1, .max])
        try await roundTrip([true, false])
    }

    @Test func doubles() async throws {
        try await roundTrip([
            0, -0.0, 0.1, .pi, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        ])
        let connection = try await TestDatabase.connect()
        let rows = try await connection.query("SELECT \(Double.nan) AS value")
        #expect(try rows[0].decode("value", as: Double.self).isNaN)
    }

    @Test func texts() async throws {
        try await roundTrip([
            "", "plain", "it's \"quoted\" \\ {a,b} NULL", "null", "ünï©ødé 🧪 漢字", "line\nfeed\ttab",
            String(repeating: "x", count: 1_000_000),
        ])
        let error = await failure {
            let connection = try await TestDatabase.connect()
            try await connection.execute("SELECT \("a\0b")")
        }
        #expect(error?.code == .encoding)
    }

    @Test func uuids() async throws {
        try await roundTrip([UUID(), UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))])
    }

    @Test func datesKeepTheirMicroseconds() async throws {
        let connection = try await TestDatabase.connect()
        let instants = [
            "2024-02-29 12:34:56.123456+00", "1999-12-31 23:59:59.999999+00", "1970-01-01 00:00:00+00",
            "2000-01-01 00:00:00.000001+00", "2262-04-11 23:47:16.854775+00", "1739-01-01 00:00:00.000001+00",
            "4713-01-01 00:00:00+00 BC", "0001-01-01 00:00:00+00", "0044-03-15 12:00:00+00 BC",
            "294276-12-31 00:00:00+00",
        ]
        for instant in instants {
            let date: Date = try await connection.query(
                "SELECT \(instant)::text::timestamptz AS value"
            )[0].decode("value")
            let same = try await connection.query(
                """
                SELECT \(date) = \(instant)::text::timestamptz AS same, \(date)::text AS text,
                    \(instant)::text::timestamptz AS value, interval '0' AS other
                """
            )
            #expect(try same[0].decode("same", as: Bool.self), "\(instant)")
            #expect(try same[0].decode("value", as: Date.self) == date, "\(instant)")
        }
        try await roundTrip([Date(timeIntervalSince1970: 1_700_000_000.654321)])
    }

    @Test(arguments: ["infinity", "-infinity"]) func infiniteDatesAreRefused(text: String) async throws {
        let connection = try await TestDatabase.connect()
        let rows = try await connection.query(
            "SELECT \(text)::timestamptz AS value"
        )
        let error = await failure { _ = try rows[0].decode("value", as: Date.self) }
        #expect(error?.code == .decoding)
        #expect(error?.message.contains("column value: an infinite timestamp") == true)
        for date in [Date.distantPast - 1e13, Date(timeIntervalSinceReferenceDate: .infinity)] {
            let error = await failure { try await connection.execute("SELECT \(date)") }
            #expect(error?.code == .encoding)
        }
    }

    @Test func bytes() async throws {
        try await roundTrip([[UInt8](), [0], Array(0...255), [0x5C, 0x78, 0x00]])
        try await roundTrip([[[UInt8]](), [[], [1, 2]], [Array(0...255)]])
    }

    @Test func numerics() async throws {
        let texts = [
            "0", "1", "-1", "10000", "0.0001", "-0.00010", "1.50", "12345678901234567890123456789012345678",
            "0.12345678901234567890123456789012345678", "-99999999999999999999.999999999999999999",
            "NaN", "Infinity", "-Infinity", "100000000", "0.000000001", "9999.9999", "0.00", "123450000.0",
        ]
        let numerics = try texts.map { try #require(PostgresNumeric($0)) }
        #expect(numerics.map(\.text) == texts)
        try await roundTrip(numerics)
        let connection = try await TestDatabase.connect()
        for numeric in numerics {
            let seen = try await connection.query("SELECT \(numeric)::text AS text")
            #expect(try seen[0].decode("text", as: String.self) == numeric.text)
        }
        #expect(PostgresNumeric("+007.10")?.text == "7.10")
        #expect(PostgresNumeric("-0.0")?.text == "0.0")
        for bad in ["", "-", ".5", "1.", "1e5", "1_000", " 1", "0x1", "1.2.3", "٣"] {
            #expect(PostgresNumeric(bad) == nil, "\(bad)")
        }
    }

    @Test func json() async throws {
        let connection = try await TestDatabase.connect()
        let json = PostgresJSON(#"{"a": [1, "ü", null]}"#)
        let rows = try await connection.query(
            "SELECT \(json) AS b, \(json)::json AS j, \(json)->'a'->>1 AS t"
        )
        #expect(try rows[0].decode("b", as: PostgresJSON.self) == json)
        #expect(try rows[0].decode("j", as: PostgresJSON.self) == json)
        #expect(try rows[0].decode("t", as: String.self) == "ü")
        let error = await failure { try await connection.execute("SELECT \(PostgresJSON("{secret"))") }
        #expect(error?.sqlState == "22P02")
        #expect(error?.description.contains("secret") == false)
    }

    @Test func arrays() async throws {
        try await roundTrip([[Int](), [1], [.min, 0, .max]])
        try await roundTrip([[Int32](), [1, -1]])
        try await roundTrip([[Int16](), [1, -1]])
        try await roundTrip([[true, false], []])
        try await roundTrip([[0.5, -.infinity], []])
        try await roundTrip([["", "NULL", "null", "a,b", "{}", "\"q\"", "\\", " ü "], []])
        try await roundTrip([[UUID(), UUID()], []])
        try await roundTrip([[Date(timeIntervalSince1970: 0.5)], []])
        try await roundTrip([[PostgresNumeric(1), try #require(PostgresNumeric("0.10"))], []])
        try await roundTrip([[PostgresJSON("{}"), PostgresJSON("[1]")]])
    }

    @Test func arraysWithNull() async throws {
        try await roundTrip([[Int?](), [nil], [1, nil, 3]])
        try await roundTrip([["a", nil, "NULL"]] as [[String?]])
        try await roundTrip([[UUID(), nil]] as [[UUID?]])
        try await roundTrip([[[1], nil, []]] as [[[UInt8]?]])
        let connection = try await TestDatabase.connect()
        let rows = try await connection.query("SELECT ARRAY[1, NULL]::bigint[] AS value")
        let error = await failure { _ = try rows[0].decode("value", as: [Int].self) }
        #expect(error?.message == "column value: an element of the array is NULL")
        let matrix = try await connection.query("SELECT ARRAY[[1, 2], [3, 4]] AS value")
        #expect(await failure { _ = try matrix[0].decode("value", as: [Int].self) }?.code == .decoding)
    }

    @Test func nulls() async throws {
        try await roundTrip([nil, 1] as [Int?])
        try await roundTrip([nil, "", "x"] as [String?])
        try await roundTrip([nil, [], [1]] as [[Int]?])
        let connection = try await TestDatabase.connect()
        let rows = try await connection.query("SELECT \(nil as UUID?) AS owner")
        let error = await failure { _ = try rows[0].decode("owner", as: UUID.self) }
        #expect(error?.code == .decoding)
        #expect(error?.message == "column owner is NULL")
        #expect(error?.file == "PostgresTests/ValueTests.swift")
    }

    private enum Mood: String, PostgresEncodable, PostgresDecodable { case calm, wild }

    @Test func enumerations() async throws {
        try await roundTrip([Mood.calm, .wild])
        let connection = try await TestDatabase.connect()
        let type = TestDatabase.uniqueName("mood")
        try await connection.execute("CREATE TYPE \(identifier: type) AS ENUM ('calm', 'wild', 'else')")
        let rows = try await connection.query(
            """
            SELECT \(Mood.wild)::\(identifier: type) AS one, enum_range(NULL::\(identifier: type)) AS every,
                7::bigint AS number
            """
        )
        #expect(try rows[0].decode("one", as: Mood.self) == .wild)
        #expect(try rows[0].decode("every", as: [String].self) == ["calm", "wild", "else"])
        #expect(try rows[0].decode("number", as: Int.self) == 7)
        try await connection.execute("DROP TYPE \(identifier: type)")
    }

    @Test func wrongTypesAreNamed() async throws {
        let connection = try await TestDatabase.connect()
        let rows = try await connection.query("SELECT 'x'::text AS word, 70000::integer AS number")
        let word = await failure { _ = try rows[0].decode("word", as: Int.self) }
        #expect(word?.message == "column word: text cannot be read as Int")
        let number = await failure { _ = try rows[0].decode("number", as: Int16.self) }
        #expect(number?.message == "column number: integer is out of range for Int16")
        let none = await failure { _ = try rows[0].decode("nothing", as: Int.self) }
        #expect(none?.message == "the answer has no column nothing")
        #expect(await failure { _ = try rows[0].decode(2, as: Int.self) }?.code == .decoding)
    }
}
