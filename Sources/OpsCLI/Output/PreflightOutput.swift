import FoundationEssentials
import Store

/// A report of what we may do with a cluster, for people and for scripts.
struct PreflightOutput {
    private let record: PreflightRecord
    private let report: [String: JSONValue]

    init(_ record: PreflightRecord) throws {
        self.record = record
        report = try JSONValue(parsing: record.report).members ?? [:]
    }

    /// Whether something is possible, and nothing grave was found.
    var isWell: Bool {
        let isGrave = list("findings").contains { $0["severity"] == .string("high") }
        return ["ready", "limited"].contains(record.verdict) && !isGrave
    }

    func print(asJSON: Bool) throws {
        guard !asJSON else {
            var object = report
            object["cluster_id"] = .string(record.clusterID.text)
            object["job_id"] = .string(record.jobID.text)
            object["checked_at"] = .time(record.askedAt)
            object["stale"] = .bool(record.isStale)
            return Terminal.print(String(decoding: try JSONValue.object(object).serialized(), as: UTF8.self))
        }
        Terminal.print(text)
    }

    var text: String {
        var types = Table("job_type", "possible", "missing")
        for type in list("job_types") where type["is_served"] == .bool(true) {
            types.add(type["type"] ?? .null, type["possibility"] ?? .null, type["missing"] ?? .null)
        }
        var parts = ["verdict: \(record.verdict), asked at \(record.askedAt.rfc3339)", types.text]
        if record.isStale { parts[0] += "; the registration has changed since" }
        var limits: [String] = []
        for type in list("job_types") where type["is_served"] == .bool(true) {
            guard type["possibility"] != .string("impossible"), case .array(let found)? = type["limits"]
            else { continue }
            for limit in found.compactMap(\.members) where limit["answer"] == .string("denied") {
                limits.append("\(cell(type["type"])): \(cell(limit["effect"]))")
            }
        }
        if !limits.isEmpty { parts.append(limits.joined(separator: "\n")) }
        for finding in list("findings") {
            let fix = finding["fix"].map { "\n\($0.cell)" } ?? ""
            parts.append("\(cell(finding["severity"])): \(cell(finding["message"]))\(fix)")
        }
        for fix in list("fixes") {
            parts.append("missing, all of it in \(cell(fix["file"])):\n\(cell(fix["text"]))")
        }
        // AWS tells a policy that lacks something from one that forbids it.
        let refused = list("fixes").contains { $0["side"] == .string("aws") }
        if refused { parts += reasons(for: "denied") { cell($0["id"]).hasPrefix("aws:") } }
        parts += reasons(for: "unknown") { _ in true }
        return parts.joined(separator: "\n\n")
    }

    private func reasons(for answer: String, where isShown: ([String: JSONValue]) -> Bool) -> [String] {
        let checks = list("checks").filter { $0["answer"] == .string(answer) && isShown($0) }
        guard !checks.isEmpty else { return [] }
        var table = Table(answer, "why")
        for check in checks { table.add(check["id"] ?? .null, check["reason"] ?? .null) }
        return [table.text]
    }

    private func cell(_ value: JSONValue?) -> String { (value ?? .null).cell }

    private func list(_ name: String) -> [[String: JSONValue]] {
        guard case .array(let values)? = report[name] else { return [] }
        return values.compactMap(\.members)
    }
}
