import Bootstrap
import Store

/// Single `POST /jobs` against the API process, over 64 kept connections.
struct HTTPPhase {
    private static let connections = 64

    let requests: Int
    let load: JobLoad

    /// - Returns: The most memory the API had resident, in MB.
    func run(_ bed: TestBed, _ report: inout BenchReport) async throws -> Double? {
        let port = try bed.settings.integer(.serverPort, in: 1...65_535, default: 8000)
        let api = try bed.start(
            "cloudoptim-api",
            ["CENTRAL_SERVER_PORT": "\(port)", "CLOUDOPTIM_RATE_LIMIT": "1000000"]
        )
        try await bed.eventually("the API") {
            try api.checkRunning()
            let probe = HTTPLoad(
                port: port,
                connections: 1,
                request: Self.request("GET /ready", ["Host: bench"])
            )
            // Nobody listens yet.
            return (try? await probe.run(requests: 1).statuses[200]) == 1
        }
        let key = bed.settings.text(.adminAPIKey) ?? ""
        let post = Self.request(
            "POST /api/v1/jobs",
            ["Host: bench", "X-API-Key: \(key)", "Content-Type: application/json"],
            body: try load.body()
        )
        let load = HTTPLoad(port: port, connections: Self.connections, request: post)
        _ = try await load.run(requests: Self.connections)
        let before = CPUTimes(bed, children: [api.pid])
        let outcome = try await load.run(requests: requests)
        let after = CPUTimes(bed, children: [api.pid])
        guard outcome.statuses == [201: requests] else {
            throw BenchError("the API answered otherwise than with 201: \(outcome.statuses)")
        }
        report.add("http_enqueue_per_s", Double(requests) / outcome.seconds, unit: "/s")
        report.add(
            "http_cpu_us_per_job",
            unit: "µs",
            after.perJob(since: before, jobs: requests, own: "load", children: ["api"])
        )
        let peak = ProcessUsage.peakMegabytes(of: api.pid)
        try await api.stop()
        return peak
    }

    private static func request(_ start: String, _ headers: [String], body: [UInt8] = []) -> [UInt8] {
        let head = ["\(start) HTTP/1.1"] + headers + ["Content-Length: \(body.count)", "", ""]
        return Array(head.joined(separator: "\r\n").utf8) + body
    }
}
