import Foundation
import Postgres
import Testing

@Suite("COPY", .timeLimit(.minutes(1))) struct CopyTests {
    @Test func hundredThousandRows() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.execute(
            "CREATE TEMPORARY TABLE t (id uuid, n integer, big bigint, name varchar, at timestamptz, data jsonb)"
        )
        let at = Date(timeIntervalSince1970: 1_700_000_000)
        let count = try await connection.copyIn(
            into: "t",
            columns: ["n", "id", "big", "name", "at", "data"],
            rows: 0..<100_000
        ) { (number, row) throws(PostgresError) in
            try row.append(number)
            try row.append(UUID())
            try row.append(Int16(7))
            try row.append(number.isMultiple(of: 2) ? nil : "name, \"\(number)\"\t\\N")
            try row.append(at)
            try row.append(PostgresJSON("{}"))
        }
        #expect(count == 100_000)
        let sums = try await connection.query(
            """
            SELECT count(*) AS n, sum(n)::bigint AS sum, count(name) AS names, count(DISTINCT id) AS ids,
                min(name) AS name, min(at) AS at FROM t
            """
        )
        #expect(try sums[0].decode("n", as: Int.self) == 100_000)
        #expect(try sums[0].decode("sum", as: Int.self) == 4_999_950_000)
        #expect(try sums[0].decode("names", as: Int.self) == 50_000)
        #expect(try sums[0].decode("ids", as: Int.self) == 100_000)
        #expect(try sums[0].decode("name", as: String.self) == "name, \"1\"\t\\N")
        #expect(try sums[0].decode("at", as: Date.self) == at)
    }

    @Test func rowsOfAnyValues() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.execute("CREATE TEMPORARY TABLE t (id bigint, tags text[])")
        let rows: [[any PostgresEncodable]] = [[1, ["a", nil] as [String?]], [nil as Int?, [String]()]]
        #expect(try await connection.copyIn(into: "t", columns: ["id", "tags"], rows: rows) == 2)
        let none: [[any PostgresEncodable]] = []
        #expect(try await connection.copyIn(into: "t", columns: ["id"], rows: none) == 0)
        let back = try await connection.query("SELECT tags FROM t WHERE id = 1")
        #expect(try back[0].decode("tags", as: [String?].self) == ["a", nil])
    }

    @Test func allOrNothing() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.execute(
            "CREATE TEMPORARY TABLE t (n smallint CONSTRAINT positive CHECK (n > 0))"
        )
        let wide = await failure {
            try await connection.copyIn(into: "t", columns: ["n"], rows: [[1], [70_000]])
        }
        #expect(wide?.message == "a value is out of range for column n")
        let wrong = await failure {
            try await connection.copyIn(into: "t", columns: ["n"], rows: [["one"]])
        }
        #expect(wrong?.message == "column n is smallint, not text")
        let short = await failure { try await connection.copyIn(into: "t", columns: ["n"], rows: [[]]) }
        #expect(short?.code == .encoding)
        let check = await failure {
            try await connection.copyIn(into: "t", columns: ["n"], rows: [[1], [-1]])
        }
        #expect(check?.constraint == "positive")
        let missing = await failure {
            try await connection.copyIn(into: "nowhere", columns: ["n"], rows: [[1]])
        }
        #expect(missing?.sqlState == "42P01")
        #expect(try await connection.query("SELECT n FROM t").isEmpty)
    }

    @Test func cancelledInTheMiddle() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.execute("CREATE TEMPORARY TABLE t (n bigint)")
        let (stream, begun) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await connection.copyIn(
                into: "t",
                columns: ["n"],
                rows: 0..<Int.max
            ) { (number, row) throws(PostgresError) in
                if number == 10_000 { begun.finish() }
                try row.append(number)
            }
        }
        for await _ in stream {}
        task.cancel()
        #expect(await failure { _ = try await task.value }?.code == .cancelled)
        #expect(try await connection.query("SELECT n FROM t").isEmpty)
    }
}
