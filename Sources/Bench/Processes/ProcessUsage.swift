import FoundationEssentials
import Glibc

/// What a process has used so far, as `/proc` tells.
struct ProcessUsage {
    /// Its parent.
    var parent: Int32
    /// Seconds of processor time, in user and kernel mode.
    var seconds: Double
    /// Seconds of its children that ended and were waited for.
    var childSeconds: Double

    /// Reads `/proc/PID/stat`; nil if it has another shape.
    init?(stat: String, ticksPerSecond: Double) {
        // The name, in brackets, may hold spaces and brackets.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
        let times = fields[11...14].compactMap { Double($0) }
        guard times.count == 4 else { return nil }
        self.parent = parent
        seconds = (times[0] + times[1]) / ticksPerSecond
        childSeconds = (times[2] + times[3]) / ticksPerSecond
    }

    /// The process's own processor time in seconds; 0 if there is none of this id.
    static func seconds(of pid: Int32) -> Double { read(pid)?.seconds ?? 0 }

    /// The processor time of a process and all its children, alive or waited for.
    static func familySeconds(of pid: Int32) -> Double {
        guard let own = read(pid) else { return 0 }
        // Without the list the children's share is missing, and nothing else.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = names.compactMap { Int32($0) }.compactMap(read).filter { $0.parent == pid }
        return own.seconds + own.childSeconds + children.map(\.seconds).reduce(0, +)
    }

    /// Whose child a process is.
    static func parent(of pid: Int32) -> Int32? { read(pid)?.parent }

    /// The most memory a process ever had resident, in MB; nil if there is none of this id.
    static func peakMegabytes(of pid: Int32) -> Double? {
        megabytes(status: text("/proc/\(pid)/status"))
    }

    /// Reads `VmHWM` of `/proc/PID/status`.
    static func megabytes(status: String) -> Double? {
        status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            .flatMap { Double($0.dropFirst(6).filter { $0.isNumber }) }
            .map { $0 * 1024 / 1_000_000 }
    }

    private static func read(_ pid: Int32) -> ProcessUsage? {
        ProcessUsage(stat: text("/proc/\(pid)/stat"), ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    private static func text(_ path: String) -> String {
        // A process that has ended has no file.
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
