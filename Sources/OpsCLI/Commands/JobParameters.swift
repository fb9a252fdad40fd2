import ArgumentParser
import Store

/// Parameters of jobs on the command line.
enum JobParameters {
    /// Reads `key=value`.
    ///
    /// - Throws: `ValidationError` naming what is not.
    static func parse(_ pairs: [String]) throws -> [String: JSONValue] {
        var parameters: [String: JSONValue] = [:]
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--param '\(pair)' must be key=value")
            }
            // What is no JSON is meant as text.
            let value = try? JSONValue(parsing: Array(parts[1].utf8))
            parameters[String(parts[0])] = value ?? .string(String(parts[1]))
        }
        return parameters
    }
}
