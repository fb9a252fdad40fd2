import FoundationEssentials
import Store
import Synchronization

/// How far local time is ahead of UTC, at any moment.
///
/// Read from the system's database of time zones (RFC 9636), because FoundationEssentials knows none, and Foundation
/// brings all of ICU for them.
struct TimeZoneRules: Sendable, Equatable {
    /// What a time on the wall is.
    enum LocalTime: Equatable {
        case once(Int64)
        /// The clock was set back over it.
        case twice(Int64, Int64)
        /// The clock was set forward over it, at this moment.
        case never(jump: Int64)
    }

    /// From when on which offset holds, ascending; the first one holds before as well.
    let changes: [(from: Int64, offset: Int64)]
    /// What holds after the last change.
    let future: FutureOffset?

    static let utc = TimeZoneRules(changes: [(from: 0, offset: 0)], future: nil)

    /// Seconds that local time is ahead of UTC.
    func offset(at instant: Int64) -> Int64 {
        if let future, instant >= (changes.last?.from ?? .min) { return future.offset(at: instant) }
        // The last change that is not later.
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].from <= instant { low = middle + 1 } else { high = middle }
        }
        return changes.isEmpty ? 0 : changes[max(0, low - 1)].offset
    }

    /// The instants of a time on the wall, which is given as seconds since 1970 as if it were UTC.
    func instant(ofLocal local: Int64) -> LocalTime {
        // No offset is as much as a day, and no zone changes twice within two.
        let (before, after) = (offset(at: local - 86_400), offset(at: local + 86_400))
        let first = local - before
        let isFirst = offset(at: first) == before
        guard before != after else { return .once(first) }
        let second = local - after
        let isSecond = offset(at: second) == after
        switch (isFirst, isSecond) {
        case (true, true): return .twice(first, second)
        case (true, false): return .once(first)
        case (false, true): return .once(second)
        case (false, false):
            var (low, high) = (local - 86_400, local + 86_400)
            while high - low > 1 {
                let middle = low + (high - low) / 2
                if offset(at: middle) == before { low = middle } else { high = middle }
            }
            return .never(jump: high)
        }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.future == right.future && left.changes.elementsEqual(right.changes, by: ==)
    }
}

extension TimeZoneRules {
    private static let directory = "/usr/share/zoneinfo/"
    /// Few are used, and a file changes with the system's packages: a process keeps what it has read.
    private static let known = Mutex<[String: TimeZoneRules]>([:])

    /// Finds a zone by its name, such as `Europe/Berlin`.
    ///
    /// - Throws: ``SubmissionError`` if this machine knows none of this name.
    static func named(_ name: String) throws(SubmissionError) -> TimeZoneRules {
        if name == "UTC" { return .utc }
        if let rules = known.withLock({ $0[name] }) { return rules }
        guard isPlain(name), let data = FileManager.default.contents(atPath: directory + name),
            let rules = TimeZoneRules(file: Array(data))
        else {
            throw SubmissionError(
                field: "time_zone",
                message: "is not a time zone this machine knows; one is Europe/Berlin"
            )
        }
        known.withLock { $0[name] = rules }
        return rules
    }

    /// A name that cannot lead out of the directory.
    private static func isPlain(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), name.utf8.first != UInt8(ascii: "/") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"),
                UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
