import Jobs
import Testing

@Suite("Trace context") struct TraceContextTests {
    private static let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func readsAHeader() throws {
        let trace = try #require(TraceContext(Self.header))
        #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.spanID == "b7ad6b7169203331")
        #expect(trace.flags == "01")
        #expect(trace.traceparent == Self.header)
    }

    @Test func readsALaterVersionAsItsOwn() throws {
        let later = Self.header.replacing("00-0a", with: "cc-0a") + "-more"
        #expect(TraceContext(later)?.traceparent == Self.header)
    }

    @Test(arguments: [
        "", "x", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        "00-0af7651916cd43dd8448eb211c8031\u{FF19}c-b7ad6b7169203331-01",
    ])
    func ignoresWhatIsNone(_ header: String) {
        #expect(TraceContext(header) == nil)
    }

    @Test func aChildIsOfTheSameTrace() throws {
        let trace = try #require(TraceContext(Self.header))
        let child = trace.child()
        #expect(child.traceID == trace.traceID)
        #expect(child.flags == trace.flags)
        #expect(child.spanID != trace.spanID)
        #expect(TraceContext(child.traceparent) == child)
    }

    @Test func aFreshOneIsValidAndItsOwn() {
        let (one, other) = (TraceContext.fresh(), TraceContext.fresh())
        #expect(one.traceID != other.traceID)
        #expect(TraceContext(one.traceparent) == one)
    }
}
