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
        var limits: [String] = []
        for type in list("job_types") where type["is_served"] == .bool(true) {
            guard case .array(let found)? = type["limits"] else { continue }
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
        let unknown = list("checks").filter { $0["answer"] == .string("unknown") }
        if !unknown.isEmpty {
            var table = Table("unknown", "why")
            for check in unknown { table.add(check["id"] ?? .null, check["reason"] ?? .null) }
            parts.append(table.text)
        }
        return parts.joined(separator: "\n\n")
    }

    private func cell(_ value: JSONValue?) -> String { (value ?? .null).cell }

    private func list(_ name: String) -> [[String: JSONValue]] {
        guard case .array(let values)? = report[name] else { return [] }
        return values.compactMap(\.members)
    }
}
