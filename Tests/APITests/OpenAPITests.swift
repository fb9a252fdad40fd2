import Jobs
import Store
import Testing

@testable import API

@Suite("OpenAPI", .timeLimit(.minutes(1))) struct OpenAPITests {
    @Test func describesEveryRouteAndNothingElse() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send("GET", "/openapi.json", key: "")
            #expect(answer.status == 200)
            let paths = try #require(answer["paths"]?.members)
            var described: Set<String> = []
            for (path, operations) in paths {
                for (method, operation) in operations.members ?? [:] {
                    described.insert("\(method.uppercased()) \(path)")
                    let members = operation.members ?? [:]
                    #expect(members["summary"] != nil, "\(method) \(path) is not in openapi.json")
                    let isOpen = members["x-scope"] == nil
                    #expect((members["security"] == .array([])) == isOpen)
                    #expect(isOpen == ["/health", "/ready", "/openapi.json"].contains(path), "\(path)")
                }
            }
            let routes = api.routes.map { route in
                route.split(separator: "/", omittingEmptySubsequences: false).map {
                    $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0)
                }.joined(separator: "/")
            }
            #expect(described == Set(routes))
            let document = try OpenAPIDocument()
            #expect(described == Set(document.operations.keys))
            #expect(Set(document.operations.values.map(\.id)).count == document.operations.count)
        }
    }

    @Test func describesJobsAsTheyAre() async throws {
        try await TestAPI.with { api in
            let schemas = try #require(
                try await api.send("GET", "/openapi.json", key: "")["components", "schemas"]?.members
            )
            func fields(_ name: String) -> Set<String> {
                Set(schemas[name]?.members?["properties"]?.members.map { Array($0.keys) } ?? [])
            }
            let id = try await api.job()
            try await api.finish(id, .failed)
            let job = try JSONValue(parsing: Array(try await api.send("GET", "jobs/\(id.text)").text.utf8))
            let members = try #require(job.members)
            #expect(fields("Job") == Set(members.keys))
            #expect(fields("Outcome") == Set(members["outcome"]?.members.map { Array($0.keys) } ?? []))
            #expect(
                fields("Failure")
                    == Set(members["outcome"]?.members?["error"]?.members?.keys.map(\.self) ?? [])
            )
            guard case .array(let attempts)? = members["attempts"] else {
                Issue.record("no attempts")
                return
            }
            #expect(fields("Attempt") == Set(attempts.first?.members?.keys.map(\.self) ?? []))
            let why = try JSONValue(
                parsing: Array(try await api.send("GET", "jobs/\(id.text)/why").text.utf8)
            )
            #expect(fields("Explanation") == Set(why.members?.keys.map(\.self) ?? []))
            #expect(fields("JobSubmission") == SubmissionBody.names)
            let schedule = NewSchedule.CodingKeys.allCases.map { JSONWire.snakeCase($0.stringValue) }
            #expect(fields("NewSchedule") == Set(schedule))
            let modes = schemas["JobSubmission"]?.members?["properties"]?.members?["dedupe_mode"]?.members
            let words = JobAcceptance.DuplicatePolicy.allCases.map { JSONValue.string($0.rawValue) }
            #expect(modes?["enum"] == .array(words))
        }
    }

    @Test func referencesLeadSomewhere() async throws {
        try await TestAPI.with { api in
            let text = try await api.send("GET", "/openapi.json", key: "").text
            let schemas = try #require(
                try JSONValue(parsing: Array(text.utf8)).members?["components"]?.members?["schemas"]?.members
            )
            let prefix = "#/components/schemas/"
            let names = text.split(separator: "\"").filter { $0.hasPrefix(prefix) }
                .map { String($0.dropFirst(prefix.count)) }
            #expect(!names.isEmpty)
            for name in Set(names) { #expect(schemas[name] != nil, "\(name)") }
        }
    }
}
