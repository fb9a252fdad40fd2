import FoundationEssentials
import Store
import Testing

@testable import Jobs

struct CronExpressionTests {
    private func ticks(_ cron: String, _ zone: String, from start: String, count: Int) throws -> [String] {
        let expression = try CronExpression(cron)
        let zone = try TimeZoneRules.named(zone)
        var instant = try #require(Date(rfc3339: start))
        var ticks: [String] = []
        while ticks.count < count, let next = expression.next(after: instant, in: zone) {
            // Back again, it is the same one.
            #expect(expression.previous(atOrBefore: next, in: zone) == next)
            #expect(expression.previous(atOrBefore: next.addingTimeInterval(0.5), in: zone) == next)
            instant = next
            ticks.append(String(next.rfc3339.dropLast(8)))
        }
        return ticks
    }

    @Test(arguments: [
        ("* * * * *", ["2026-01-30T12:35", "2026-01-30T12:36"]),
        ("*/15 * * * *", ["2026-01-30T12:45", "2026-01-30T13:00"]),
        (
            "5,35-37 12 * * *",
            ["2026-01-30T12:35", "2026-01-30T12:36", "2026-01-30T12:37", "2026-01-31T12:05"]
        ),
        (
            "10-40/10 9 * * *",
            ["2026-01-31T09:10", "2026-01-31T09:20", "2026-01-31T09:30", "2026-01-31T09:40"]
        ),
        ("0 0 31 * *", ["2026-01-31T00:00", "2026-03-31T00:00", "2026-05-31T00:00"]),
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 9 * * MON-fri", ["2026-02-02T09:00", "2026-02-03T09:00"]),
        ("0 9 * * 7", ["2026-02-01T09:00", "2026-02-08T09:00"]),
        ("0 9 * * 5-7", ["2026-01-31T09:00", "2026-02-01T09:00", "2026-02-06T09:00"]),
        // Both fields for days are given: either suffices.
        ("0 0 13 * FRI", ["2026-02-06T00:00", "2026-02-13T00:00", "2026-02-20T00:00"]),
        ("0 0 1 jan,Jul *", ["2026-07-01T00:00", "2027-01-01T00:00"]),
        ("@hourly", ["2026-01-30T13:00", "2026-01-30T14:00"]), ("@Daily", ["2026-01-31T00:00"]),
        ("@weekly", ["2026-02-01T00:00", "2026-02-08T00:00"]), ("@monthly", ["2026-02-01T00:00"]),
        ("@yearly", ["2027-01-01T00:00"]), (" 0\t12  * * * ", ["2026-01-31T12:00"]),
    ])
    func ticks(cron: String, expected: [String]) throws {
        #expect(
            try ticks(cron, "UTC", from: "2026-01-30T12:34:56Z", count: expected.count) == expected
        )
    }

    @Test func anInstantIsNotAfterItself() throws {
        #expect(
            try ticks("0 12 * * *", "UTC", from: "2026-01-30T12:00:00Z", count: 1) == ["2026-01-31T12:00"]
        )
        #expect(
            try ticks("0 12 * * *", "UTC", from: "2026-01-30T11:59:59.999Z", count: 1) == ["2026-01-30T12:00"]
        )
    }

    // MARK: - Clocks that are changed

    /// In Berlin, 02:00 became 03:00 on 2026-03-29 at 01:00 UTC.
    @Test func aTimeThatDoesNotExistIsTheMomentOfTheJump() throws {
        #expect(
            try ticks("30 2 * * *", "Europe/Berlin", from: "2026-03-27T12:00:00Z", count: 3)
                == ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]
        )
        // Several of them, and the one that exists, are one.
        #expect(
            try ticks("0,15,30,45 2,3 * * *", "Europe/Berlin", from: "2026-03-29T00:00:00Z", count: 5)
                == [
                    "2026-03-29T01:00", "2026-03-29T01:15", "2026-03-29T01:30", "2026-03-29T01:45",
                    "2026-03-30T00:00",
                ]
        )
    }

    /// In Berlin, 03:00 became 02:00 on 2026-10-25 at 01:00 UTC.
    @Test func aTimeThatComesTwiceCountsOnce() throws {
        #expect(
            try ticks("30 2 * * *", "Europe/Berlin", from: "2026-10-24T12:00:00Z", count: 2)
                == ["2026-10-25T00:30", "2026-10-26T01:30"]
        )
    }

    @Test func withAnyHourEachRealHourCounts() throws {
        #expect(
            try ticks("30 * * * *", "Europe/Berlin", from: "2026-10-24T23:00:00Z", count: 4)
                == ["2026-10-24T23:30", "2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"]
        )
        #expect(
            try ticks("30 * * * *", "Europe/Berlin", from: "2026-03-28T23:00:00Z", count: 4)
                == ["2026-03-28T23:30", "2026-03-29T00:30", "2026-03-29T01:30", "2026-03-29T02:30"]
        )
    }

    /// In New York, 2026-03-08 at 07:00 UTC and 2026-11-01 at 06:00 UTC.
    @Test func newYorkHasDaysOfItsOwn() throws {
        #expect(
            try ticks("30 2 * * *", "America/New_York", from: "2026-03-07T12:00:00Z", count: 2)
                == ["2026-03-08T07:00", "2026-03-09T06:30"]
        )
        #expect(
            try ticks("30 1 * * *", "America/New_York", from: "2026-10-31T12:00:00Z", count: 2)
                == ["2026-11-01T05:30", "2026-11-02T06:30"]
        )
    }

    /// Samoa left the 30th of December 2011 out.
    @Test func aDayThatDoesNotExistIsTheMomentOfTheJump() throws {
        #expect(
            try ticks("0 12 * * *", "Pacific/Apia", from: "2011-12-29T00:00:00Z", count: 3)
                == ["2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"]
        )
    }

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "Asia/Kathmandu",
    ])
    func aDailyTickComesOnceADayForYears(zone: String) throws {
        let expression = try CronExpression("30 2 * * *")
        let rules = try TimeZoneRules.named(zone)
        var instant = try #require(Date(rfc3339: "2035-01-01T12:00:00Z"))
        for _ in 0..<(366 * 5) {
            let next = try #require(expression.next(after: instant, in: rules))
            #expect(
                (22...26).contains(next.timeIntervalSince(instant) / 3600)
                    || instant.rfc3339.contains("T12:00")
            )
            instant = next
        }
        #expect((2039...2040).contains(Int(instant.rfc3339.prefix(4)) ?? 0))
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 8",
        "a * * * *", "1-0 * * * *", "*/0 * * * *", "1/5 * * * *", "1- * * * *", "-1 * * * *", "1,,2 * * * *",
        "+1 * * * *", "* * * jab *", "* * * * fri-mon", "@reboot", "@", "*/99999999999999999999 * * * *",
        "١ * * * *",
    ])
    func refuses(cron: String) {
        let error = #expect(throws: SubmissionError.self) { try CronExpression(cron) }
        #expect(error?.field == "cron")
    }

    @Test func aDayThatNeverComesIsNone() throws {
        let expression = try CronExpression("0 0 30 2 *")
        #expect(expression.next(after: Date(), in: .utc) == nil)
        #expect(expression.previous(atOrBefore: Date(), in: .utc) == nil)
    }
}
