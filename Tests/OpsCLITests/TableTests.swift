import FoundationEssentials
import Store
import Testing

@testable import OpsCLI

@Suite("Table") struct TableTests {
    @Test func alignsColumns() {
        var table = Table("name", "jobs", "paused")
        table.add(.string("noop"), .count(12), .bool(false))
        table.add(.string("collect-metrics"), .count(3), .bool(true))
        table.add(.optional(nil), .seconds(.milliseconds(1500)), .null)
        #expect(
            table.text == """
                NAME             JOBS  PAUSED
                noop             12    no
                collect-metrics  3     yes
                -                1.5   -
                """
        )
    }

    @Test func isOnlyItsHeadingWithoutRows() {
        #expect(Table("a", "b").text == "A  B")
    }

    @Test func showsValuesAsPeopleReadThem() {
        #expect(JSONValue.number(1.23456).cell == "1.235")
        #expect(JSONValue.array([.string("a"), .count(2)]).cell == "a,2")
        #expect(JSONValue.object(["a": .count(1)]).cell == #"{"a":1}"#)
        #expect(JSONValue.time(nil).cell == "-")
        #expect(JSONValue.time(Date(timeIntervalSince1970: 0)).cell == "1970-01-01T00:00:00.000Z")
        #expect(JSONValue.seconds(nil) == .null)
    }
}
