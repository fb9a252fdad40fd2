import HTTPClient
import TestKit

/// A schedule of one job a second, which no fault may make skip or double.
enum Canary {
    static let name = "chaos-canary"

    /// Makes the schedule, once the API answers.
    static func start(on fleet: ChaosFleet, _ http: HTTPClient) async throws {
        let body = #"{"name":"\#(name)","type":"noop","every_seconds":1,"missed":"all","max_catch_up":1000}"#
        // A second try may find the first one's schedule.
        try await send("schedules", body, fleet, http, accepting: [200, 201, 409])
    }

    /// Stops the schedule, so that its jobs come to an end.
    static func stop(on fleet: ChaosFleet, _ http: HTTPClient) async throws {
        try await send("schedules/\(name)/pause", "", fleet, http, accepting: [200])
    }

    private static func send(
        _ path: String,
        _ body: String,
        _ fleet: ChaosFleet,
        _ http: HTTPClient,
        accepting statuses: Set<Int>
    ) async throws {
        try await eventually(within: .seconds(60), "the canary's \(path)") {
            let request = HTTPRequest(
                method: "POST",
                url: "http://127.0.0.1:\(fleet.port)/api/v1/\(path)",
                headers: [("X-API-Key", fleet.key), ("Content-Type", "application/json")],
                body: Array(body.utf8),
                timeout: .seconds(5),
                stallTimeout: .seconds(5)
            )
            guard let response = try? await http.execute(request), response.status < 500 else { return false }
            guard statuses.contains(response.status) else {
                throw ProcessFailure(description: String(decoding: response.body, as: UTF8.self))
            }
            return true
        }
    }
}
