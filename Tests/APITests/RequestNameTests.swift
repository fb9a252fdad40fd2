import FoundationEssentials
import Jobs
import Store
import TestKit
import Testing

@testable import API

@Suite("Request names", .timeLimit(.minutes(1))) struct RequestNameTests {
    @Test func echoesTheClientsName() async throws {
        try await TestAPI.with { api in
            for path in ["/health", "jobs", "nothing"] {
                let answer = try await api.send("GET", path, headers: ["X-Request-Id": "abc-123/4"])
                #expect(answer.header("X-Request-Id") == "abc-123/4")
            }
            let error = try await api.send("GET", "nothing", headers: ["X-Request-Id": "mine"])
            #expect(error.string("error", "request_id") == "mine")
        }
    }

    @Test func namesTheRequestItself() async throws {
        try await TestAPI.with { api in
            let first = try await api.send("GET", "/health").header("X-Request-Id")
            let second = try await api.send("GET", "/health").header("X-Request-Id")
            #expect(first?.hasPrefix("req-") == true)
            #expect(first != second)
        }
    }

    @Test(arguments: ["", "a b", "a\"b", "a\u{7F}b", "ü", String(repeating: "x", count: 129), "a\nb", "a\tb"])
    func refusesAName(_ name: String) {
        #expect(RequestIDMiddleware.accepted(name) == nil)
    }

    @Test func takesALongName() {
        let name = String(repeating: "x", count: 128)
        #expect(RequestIDMiddleware.accepted(name) == name)
    }

    @Test func carriesTheTraceIntoTheJob() async throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        try await TestAPI.with { api in
            let answer = try await api.send(
                "POST",
                "jobs",
                #"{"type":"noop"}"#,
                headers: ["traceparent": trace]
            )
            let id = try #require(answer.string("job_id").flatMap { UUID(uuidString: $0) })
            #expect(try await api.fleet.queue.journal.entry(id)?.job.traceparent == trace)
            let without = try await api.job()
            let own = try await api.fleet.queue.journal.entry(without)?.job.traceparent
            #expect(own.flatMap(TraceContext.init) != nil)
        }
    }

    @Test(arguments: ["", "x", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
    func makesATraceForWhatIsNone(_ header: String) async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(
                "POST",
                "jobs",
                #"{"type":"noop"}"#,
                headers: ["traceparent": header]
            )
            let id = try #require(answer.string("job_id").flatMap { UUID(uuidString: $0) })
            let trace = try await api.fleet.queue.journal.entry(id)?.job.traceparent
            #expect(trace.flatMap(TraceContext.init)?.traceparent == trace)
            #expect(trace != nil && trace != header)
        }
    }
}
