import FoundationEssentials

/// What the figures were measured on.
enum Machine {
    /// Processor, cores, memory and kernel, in one line.
    static var description: String {
        describe(
            processors: read("/proc/cpuinfo"),
            memory: read("/proc/meminfo"),
            kernel: read("/proc/sys/kernel/osrelease")
        )
    }

    /// - Parameters:
    ///   - processors: The text of `/proc/cpuinfo`.
    ///   - memory: The text of `/proc/meminfo`.
    ///   - kernel: The kernel's release.
    /// - Returns: One line.
    static func describe(processors: String, memory: String, kernel: String) -> String {
        let lines = processors.split(separator: "\n")
        let cores = lines.count { $0.hasPrefix("processor") }
        let model = lines.first { $0.hasPrefix("model name") }.map(value) ?? "unknown processor"
        let kibibytes =
            memory.split(separator: "\n").first { $0.hasPrefix("MemTotal") }
            .flatMap { Double(value($0).prefix { $0.isNumber }) } ?? 0
        let gibibytes = Int((kibibytes / 1_048_576).rounded())
        let release = kernel.filter { !$0.isWhitespace }
        return "\(cores) × \(model), \(gibibytes) GiB, Linux \(release)"
    }

    private static func value(_ line: Substring) -> String {
        guard let colon = line.firstIndex(of: ":") else { return "" }
        return String(line[line.index(after: colon)...].drop { $0.isWhitespace })
    }

    private static func read(_ path: String) -> String {
        // What cannot be read is shown as unknown.
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
