import HTTPClient
import TestKit

/// A schedule of one job a second, which no fault may make skip or double.
enum Canary {
    static let name = "chaos-canary"

    /// Makes the schedule, once the API answers.
    static func start(on fleet: ChaosFleet, _ http: HTTPClient) async throws {
        let body = #"{"name":"\#(name)","type":"noop","every_seconds":1,"missed":"all","max_catch_up":1000}"#
        try await eventually(within: .seconds(30), "the canary's schedule") {
            let request = HTTPRequest(
                method: "POST",
                url: "http://127.0.0.1:\(fleet.port)/api/v1/schedules",
                headers: [("X-API-Key", fleet.key), ("Content-Type", "application/json")],
                body: Array(body.utf8),
                timeout: .seconds(5),
                stallTimeout: .seconds(5)
            )
            guard let response = try? await http.execute(request) else { return false }
            // A second try may find the first one's schedule.
            guard [200, 201, 409].contains(response.status) else {
                throw ProcessFailure(description: String(decoding: response.body, as: UTF8.self))
            }
            return true
        }
    }
}
