import FoundationEssentials
import Store
import Testing

struct RFC3339Tests {
    @Test(arguments: [
        ("2026-01-31T12:00:00Z", 1_769_860_800_000),
        ("2026-01-31T12:00:00.250Z", 1_769_860_800_250),
        ("2026-01-31T13:30:00+01:30", 1_769_860_800_000),
        ("2026-01-31T11:00:00.5-01:00", 1_769_860_800_500),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000),
    ])
    func reads(text: String, milliseconds: Int64) throws {
        let date = try #require(Date(rfc3339: text))
        #expect(Int64((date.timeIntervalSince1970 * 1000).rounded()) == milliseconds)
    }

    @Test(arguments: [
        "", "yesterday", "2026-01-31", "2026-01-31T12:00:00", "2026-13-31T12:00:00Z", "2026-01-31T25:00:00Z",
        "1769860800", "2026-01-31T12:00:00Z and more", "2026-02-30T12:00:00Z", "2025-02-29T12:00:00Z",
        "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+0100", "2026-01-31 12:00:00Z", "2026-01-31T12:00:60Z",
    ])
    func refuses(text: String) {
        #expect(Date(rfc3339: text) == nil)
    }

    @Test func writesMillisecondsInUTC() {
        #expect(Date(millisecondsSince1970: 1_769_860_800_007).rfc3339 == "2026-01-31T12:00:00.007Z")
        #expect(Date(millisecondsSince1970: 1_769_860_800_000).rfc3339 == "2026-01-31T12:00:00.000Z")
    }

    @Test func readsWhatItWrites() throws {
        for milliseconds in stride(from: Int64(1_769_860_800_000), to: 1_769_860_801_000, by: 1) {
            let date = Date(millisecondsSince1970: milliseconds)
            let again = try #require(Date(rfc3339: date.rfc3339))
            #expect(date.millisecondsSince1970 == milliseconds)
            #expect(again.millisecondsSince1970 == milliseconds)
        }
    }

    @Test(arguments: [
        "0001-01-01T00:00:00.000Z", "1582-10-15T00:00:00.000Z", "1900-03-01T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z", "2000-02-29T12:00:00.000Z", "2100-02-28T23:59:59.000Z",
        "9999-12-31T23:59:59.000Z",
    ])
    func readsAndWritesFarDays(text: String) {
        #expect(Date(rfc3339: text)?.rfc3339 == text)
    }
}
