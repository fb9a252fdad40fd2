import Foundation
import Testing

@testable import AWS

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2015-08-30T12:36:00Z", 1_440_938_160),
        ("2000-02-29T23:59:59.5Z", 951_868_799.5), ("2026-01-02T03:04:05.000Z", 1_767_323_045),
        ("2026-01-02T03:04:05+00:00", 1_767_323_045), ("2100-03-01T00:00:00Z", 4_107_542_400),
    ])
    func readsTimes(text: String, seconds: Double) {
        #expect(Date(awsTimestamp: text)?.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "2015", "2015-08-30", "2015-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2015-13-01T00:00:00Z",
        "2015-08-30T24:00:00Z", "2015-08-30T12:36:00", "2015-08-30T12:36:00.Z", "2015-08-30T12:36:00ZZ",
        "2015-08-30 12:36:00Z", "2015-08-30T12:36:00+02:00", "+015-08-30T12:36:00Z",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(Date(awsTimestamp: text) == nil)
    }

    @Test func writesTimes() {
        let time = UTCTime(Date(timeIntervalSince1970: 1_440_938_160.9))
        #expect(time.basicISO8601 == "20150830T123600Z")
        #expect(time.iso8601 == "2015-08-30T12:36:00Z")
        #expect(UTCTime(httpDate: "Sun, 30 Aug 2015 12:36:00 GMT") == time)
        #expect(UTCTime(httpDate: "Sunday, 30-Aug-15 12:36:00 GMT") == nil)
    }

    @Test func everyDayComesBack() {
        for day in stride(from: -800_000, to: 900_000, by: 97) {
            let time = UTCTime(secondsSince1970: day * 86_400 + 12_345)
            #expect(time.secondsSince1970 == day * 86_400 + 12_345)
        }
    }
}
