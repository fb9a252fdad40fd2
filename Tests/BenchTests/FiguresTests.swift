import Store
import Testing

@testable import Bench

struct PercentilesTests {
    @Test func areValuesThatWereMeasured() {
        let percentiles = Percentiles((1...200).map(Double.init).shuffled())
        #expect(percentiles.count == 200)
        #expect(percentiles.value(at: 50) == 100)
        #expect(percentiles.value(at: 95) == 190)
        #expect(percentiles.value(at: 99) == 198)
        #expect(percentiles.value(at: 100) == 200)
        #expect(percentiles.max == 200)
    }

    @Test func ofOneValueAreThatValue() {
        #expect(Percentiles([7]).value(at: 1) == 7)
        #expect(Percentiles([7]).value(at: 99) == 7)
    }

    @Test func ofNothingAreNone() {
        #expect(Percentiles([]).value(at: 50) == nil)
        #expect(Percentiles([]).max == nil)
    }
}

struct BenchReportTests {
    private var report: BenchReport {
        var report = BenchReport()
        report.add("enqueue_per_s", 12_345.678, unit: "/s")
        report.add("not_measured", nil, unit: "/s")
        report.add("pickup_ms", unit: "ms", [("p50", 1.2345), ("p99", 7), ("none", nil)])
        report.add("nothing", unit: "ms", [("p50", nil)])
        report.add("machine", "a machine")
        return report
    }

    @Test func isOneObjectForPrograms() {
        #expect(
            report.json
                == .object([
                    "enqueue_per_s": .integer(12_346),
                    "pickup_ms": .object(["p50": .number(1.23), "p99": .integer(7)]),
                    "machine": .string("a machine"),
                ])
        )
    }

    @Test func isAlignedForPeople() {
        #expect(
            report.table == """
                enqueue_per_s  12346 /s
                pickup_ms      p50 1.23  p99 7 ms
                machine        a machine
                """
        )
    }
}

struct MachineTests {
    @Test func isOneLine() {
        let processors = """
            processor\t: 0
            model name\t: Example CPU @ 2.00GHz

            processor\t: 1
            model name\t: Example CPU @ 2.00GHz
            """
        let memory = "MemTotal:       16334000 kB\nMemFree:         1000 kB"
        #expect(
            Machine.describe(processors: processors, memory: memory, kernel: "6.1.0\n")
                == "2 × Example CPU @ 2.00GHz, 16 GiB, Linux 6.1.0"
        )
    }

    @Test func isNamedUnknownWhereNothingCanBeRead() {
        #expect(
            Machine.describe(processors: "", memory: "", kernel: "")
                == "0 × unknown processor, 0 GiB, Linux "
        )
    }
}

struct ProcessUsageTests {
    @Test func readsTimesBehindAnyName() throws {
        let stat = "42 (a) b (c) S 7 42 42 0 -1 4194304 1 2 3 4 150 50 25 75 20 0 1 0 100 0 0"
        let usage = try #require(ProcessUsage(stat: stat, ticksPerSecond: 100))
        #expect(usage.parent == 7)
        #expect(usage.seconds == 2)
        #expect(usage.childSeconds == 1)
    }

    @Test(arguments: ["", "42", "42 (a) S 7"])
    func refusesOtherShapes(_ stat: String) {
        #expect(ProcessUsage(stat: stat, ticksPerSecond: 100) == nil)
    }

    @Test func readsThePeakOfMemory() {
        #expect(ProcessUsage.megabytes(status: "Name:\tx\nVmHWM:\t   62500 kB\nVmRSS:\t 1 kB") == 64)
        #expect(ProcessUsage.megabytes(status: "") == nil)
    }
}
