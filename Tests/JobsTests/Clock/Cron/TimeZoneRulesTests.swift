import Foundation
import Store
import Testing

@testable import Jobs

struct TimeZoneRulesTests {
    /// Another implementation over the same files, Foundation's, is the witness.
    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Europe/Dublin", "Asia/Kolkata", "Australia/Lord_Howe",
        "America/Caracas",
        "Asia/Jerusalem", "Pacific/Apia", "America/Nuuk", "Africa/Casablanca", "America/St_Johns",
        "Etc/GMT+5",
        "Pacific/Chatham", "America/Santiago",
    ])
    func agreesWithFoundation(name: String) throws {
        let rules = try TimeZoneRules.named(name)
        let zone = try #require(TimeZone(identifier: name))
        var differences: [String] = []
        // 1970 to 2036: what is beyond, Foundation takes from elsewhere.
        for instant in stride(from: Int64(0), to: 2_082_758_400, by: 6 * 3600 + 1) {
            let expected = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
            if rules.offset(at: instant) != expected {
                differences.append("\(Date(millisecondsSince1970: instant * 1000).rfc3339): \(expected)")
            }
        }
        #expect(differences.isEmpty, "\(differences.prefix(5)) of \(differences.count)")
    }

    @Test func knowsTheFarFuture() throws {
        let rules = try TimeZoneRules.named("Europe/Berlin")
        // The last Sunday of March 2087 is the 30th.
        let jump = Int64(try #require(Date(rfc3339: "2087-03-30T01:00:00Z")).timeIntervalSince1970)
        #expect(rules.offset(at: jump - 1) == 3600)
        #expect(rules.offset(at: jump) == 7200)
    }

    @Test(arguments: [
        ("UTC0", Int64(0)), ("<+0330>-3:30", 12_600), ("<-03>3", -10_800), ("EST5", -18_000),
        ("XXX-1:02:03", 3723),
    ])
    func readsAFixedOffset(text: String, offset: Int64) {
        #expect(FutureOffset(text)?.offset(at: 1_800_000_000) == offset)
    }

    @Test(arguments: [
        "", "C-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,J60,J300", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.0/x,M10.5.0", "CET-1,M3.5.0,M10.5.0", "<CET-1",
        "CET-1CEST x,M3.5.0,M10.5.0",
    ])
    func refuses(text: String) {
        #expect(FutureOffset(text) == nil)
    }

    @Test func refusesFilesThatAreCutOrOfAnotherKind() throws {
        let file = Array(
            try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Berlin"))
        )
        #expect(TimeZoneRules(file: file) != nil)
        for length in stride(from: 0, to: file.count - 30, by: 7) {
            #expect(TimeZoneRules(file: Array(file.prefix(length))) == nil, "\(length) bytes")
        }
        #expect(TimeZoneRules(file: [UInt8](repeating: 0xFF, count: 4096)) == nil)
        #expect(TimeZoneRules(file: Array("TZif1".utf8) + [UInt8](repeating: 0, count: 200)) == nil)
    }
}
