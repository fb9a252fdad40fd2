import HTTPClient
import Jobs

/// Lets every call that a handler makes outside carry the trace of its run.
struct TracedHandler: JobHandler {
    let handler: any JobHandler

    func run(_ context: JobContext) async throws -> JobReport {
        try await HTTPTrace.$traceparent.withValue(context.trace.traceparent) {
            try await handler.run(context)
        }
    }
}
