import FoundationEssentials
import HTTPClient
import Store
import TestKit

/// A client that submits jobs one after the other, and does not give up before each is answered.
struct Submitter {
    /// How many jobs each client submits first of all for the end of the run.
    private static let early = 25

    let number: Int
    let fleet: ChaosFleet
    let http: HTTPClient
    let ledger: Ledger
    /// When the jobs that were submitted first are to start.
    let lastRunAt: Date
    var random: SplitMix

    /// Submits until the ledger is closed, and until the last one is answered.
    mutating func run() async throws {
        var count = 0
        while !ledger.isClosed {
            count += 1
            let idempotencyKey = "chaos-\(number)-\(count)"
            guard count > Self.early else {
                _ = try await submit(earlyJob(), idempotencyKey)
                continue
            }
            let id = try await submit(job(), idempotencyKey)
            if let id, Int.random(in: 0..<50, using: &random) == 0 { await cancel(id) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &random)))
        }
    }

    /// One of many that end together, when PostgreSQL is away.
    private mutating func earlyJob() -> String {
        let failure = Int.random(in: 0..<4, using: &random) == 0 ? #","fail":"retryable""# : ""
        return
            #"{"type":"noop","parameters":{"sleep_ms":800\#(failure)},"run_at":"\#(lastRunAt.rfc3339)"}"#
    }

    private mutating func job() -> String {
        var parameters = ["\"sleep_ms\":\(Int.random(in: 0...200, using: &random))"]
        var more = ""
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<10: parameters.append(#""fail":"retryable""#)
        case 10..<14: parameters.append(#""fail":"permanent""#)
        case 14..<34:
            parameters = [
                "\"sleep_ms\":\(Int.random(in: 10...80, using: &random))",
                "\"exclusive\":\"key-\(Int.random(in: 0..<6, using: &random))\"",
            ]
        case 34..<36: parameters = ["\"sleep_ms\":12000"]
        case 36..<40:
            let later = Date().addingTimeInterval(Double.random(in: 0.5...4, using: &random))
            more = #","run_at":"\#(later.rfc3339)""#
        default: break
        }
        let priority = Int.random(in: 1...10, using: &random)
        return
            #"{"type":"noop","priority":\#(priority),"parameters":{\#(parameters.joined(separator: ","))}\#(more)}"#
    }

    /// Sends one job as often as it takes.
    ///
    /// - Returns: Its id; nil if it was refused, which none should be.
    private func submit(_ body: String, _ idempotencyKey: String) async throws -> String? {
        while true {
            if let answer = await send("POST", "jobs", body, idempotencyKey) {
                switch answer.status {
                case 200, 201:
                    let id = answer.id ?? ""
                    ledger.accepted(id, answer.status)
                    return id
                case 400..<500 where answer.status != 429:
                    // A job that was to start soon may be late by now.
                    ledger.refused(answer.text)
                    return nil
                default: ledger.unavailable()
                }
            } else {
                ledger.unanswered()
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func cancel(_ id: String) async {
        let answer = await send("POST", "jobs/\(id)/cancel", "", nil)
        if answer?.status == 200 { ledger.cancelled() }
    }

    private func send(
        _ method: String,
        _ path: String,
        _ body: String,
        _ idempotencyKey: String?
    ) async -> (status: Int, id: String?, text: String)? {
        var headers = [("X-API-Key", fleet.key), ("Content-Type", "application/json")]
        if let idempotencyKey { headers.append(("Idempotency-Key", idempotencyKey)) }
        let request = HTTPRequest(
            method: method,
            url: "http://127.0.0.1:\(fleet.port)/api/v1/\(path)",
            headers: headers,
            body: Array(body.utf8),
            timeout: .seconds(20),
            stallTimeout: .seconds(20)
        )
        do {
            let response = try await http.execute(request)
            let text = String(decoding: response.body, as: UTF8.self)
            guard let body = try? JSONValue(parsing: response.body),
                case .string(let id)? = body.members?["job_id"]
            else { return (response.status, nil, text) }
            return (response.status, id, text)
        } catch {
            return nil
        }
    }
}
