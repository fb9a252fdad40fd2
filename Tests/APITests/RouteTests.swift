import Testing

@testable import API

@Suite("Routes", .timeLimit(.minutes(1))) struct RouteTests {
    /// What the contract names, and this release has.
    private static let paths: [(path: String, methods: [String])] = [
        ("/health", ["GET"]), ("/ready", ["GET"]), ("/metrics", ["GET"]),
        ("/openapi.json", ["GET"]),
        ("/api/v1/jobs", ["GET", "POST"]), ("/api/v1/jobs/batch", ["POST"]),
        ("/api/v1/jobs/x", ["GET"]), ("/api/v1/queues", ["GET"]), ("/api/v1/queues/noop", ["GET"]),
        ("/api/v1/jobs/x/cancel", ["POST"]), ("/api/v1/jobs/x/retry", ["POST"]),
        ("/api/v1/jobs/x/why", ["GET"]),
        ("/api/v1/queues/noop/pause", ["POST"]), ("/api/v1/queues/noop/resume", ["POST"]),
        ("/api/v1/queues/noop/dead", ["DELETE"]), ("/api/v1/queues/noop/dead/retry", ["POST"]),
        ("/api/v1/autoscale", ["GET"]),
        ("/api/v1/queues/noop/jobs", ["GET"]), ("/api/v1/workers", ["GET"]),
        ("/api/v1/schedules", ["GET", "POST"]), ("/api/v1/schedules/x", ["DELETE"]),
        ("/api/v1/schedules/x/run", ["POST"]), ("/api/v1/schedules/x/pause", ["POST"]),
        ("/api/v1/schedules/x/resume", ["POST"]),
        ("/api/v1/events/process", ["POST"]), ("/api/v1/events/spot-warnings", ["GET"]),
        ("/api/v1/events/history", ["GET"]), ("/api/v1/events/dead-letters", ["GET"]),
        ("/api/v1/events/queues", ["GET"]),
        ("/api/v1/scanner/scan", ["POST"]), ("/api/v1/scanner/ghosts", ["GET"]),
        ("/api/v1/scanner/ghosts/x", ["GET"]), ("/api/v1/scanner/ghosts/x/keep", ["POST"]),
        ("/api/v1/scanner/ghosts/x/unkeep", ["POST"]), ("/api/v1/scanner/terminate/x", ["POST"]),
        ("/api/v1/scanner/history", ["GET"]), ("/api/v1/scanner/scans", ["GET"]),
        ("/api/v1/scanner/switch", ["GET", "PUT"]),
        ("/api/v1/admin/customers", ["GET", "POST"]), ("/api/v1/admin/customers/x", ["GET", "PUT"]),
        ("/api/v1/admin/clusters", ["GET", "POST"]), ("/api/v1/admin/clusters/x", ["DELETE", "GET", "PUT"]),
        ("/api/v1/admin/clusters/x/preflight", ["GET", "POST"]),
        ("/api/v1/admin/notification-channels", ["GET", "POST"]),
        ("/api/v1/admin/notification-channels/x", ["DELETE", "GET", "PUT"]),
        ("/api/v1/admin/notification-channels/x/test", ["POST"]),
        ("/api/v1/admin/notification-channels/x/retry", ["POST"]), ("/api/v1/notifications", ["GET"]),
        ("/api/v1/admin/api-keys", ["GET", "POST"]), ("/api/v1/admin/api-keys/x", ["DELETE"]),
        ("/api/v1/k8s/x/nodes", ["GET"]), ("/api/v1/k8s/x/pods", ["GET"]), ("/api/v1/k8s/x/metrics", ["GET"]),
        ("/api/v1/k8s/x/nodes/drain", ["POST"]), ("/api/v1/k8s/x/nodes/cordon", ["POST"]),
        ("/api/v1/k8s/x/nodes/uncordon", ["POST"]), ("/api/v1/k8s/x/scale", ["POST"]),
    ]

    @Test func everyPathIsAnsweredAndKnowsItsMethods() async throws {
        try await TestAPI.with { api in
            for (path, methods) in Self.paths {
                for method in methods {
                    let answer = try await api.send(method, path, method == "GET" ? nil : "{}")
                    #expect(
                        answer.string("error", "message") != "there is no such path" && answer.status < 500,
                        "\(method) \(path): \(answer.text)"
                    )
                }
                for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
                where !methods.contains(method) {
                    for key in [nil, ""] {
                        let answer = try await api.send(method, path, key: key)
                        #expect(answer.status == 405, "\(method) \(path)")
                        #expect(answer.code == "METHOD_NOT_ALLOWED")
                        #expect(answer.header("Allow") == methods.joined(separator: ", "))
                    }
                }
            }
        }
    }

    /// A route that is added must be added above too.
    @Test func noRouteIsMissingHere() async throws {
        try await TestAPI.with { api in
            let table = RouteTable()
            for (path, methods) in Self.paths { for method in methods { table.add(method, path) } }
            for route in api.routes {
                let parts = route.split(separator: " ").map(String.init)
                let path = parts[1].split(separator: "/").map { part in
                    part.hasPrefix("{") || part.hasPrefix(":") || part.hasPrefix("$")
                        ? (parts[1].contains("queues") ? "noop" : "x") : String(part)
                }.joined(separator: "/")
                #expect(table.methods(at: path)?.contains(parts[0]) == true, "\(route)")
            }
            #expect(api.routes.count >= 20)
        }
    }

    @Test func tellsPathsFromMethods() {
        let table = RouteTable()
        table.add("GET", "/a/:id")
        table.add("DELETE", "a/:id")
        table.add("POST", "a")
        table.add("PUT", "a/all")
        #expect(table.methods(at: "/a/7") == ["DELETE", "GET"])
        #expect(table.methods(at: "a/") == ["POST"])
        #expect(table.methods(at: "/a/7/b") == nil)
        #expect(table.methods(at: "/a/all") == ["PUT"])
        #expect(table.methods(at: "/") == nil)
    }
}
