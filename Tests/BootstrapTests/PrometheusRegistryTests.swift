import Bootstrap
import CoreMetrics
import Testing

struct PrometheusRegistryTests {
    @Test func writesCountersAndGaugesInOrder() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "jobs", dimensions: [("type", "b")]).increment(by: 2)
        registry.makeCounter(label: "jobs_total", dimensions: [("type", "a")]).increment(by: 1)
        registry.set("depth", [("queue", "noop")], to: 7)
        registry.set("depth", [("queue", "noop")], to: 8)
        #expect(
            registry.exposition() == """
                # TYPE depth gauge
                depth{queue="noop"} 8.0
                # TYPE jobs_total counter
                jobs_total{type="a"} 1.0
                jobs_total{type="b"} 2.0

                """
        )
    }

    @Test func handlersOfOneLabelShareOneValue() {
        let registry = PrometheusRegistry()
        for _ in 0..<3 { registry.makeCounter(label: "n", dimensions: []).increment(by: 1) }
        #expect(registry.exposition().contains("n_total 3.0\n"))
    }

    @Test func writesHistogramsOfSeconds() {
        let registry = PrometheusRegistry()
        let timer = registry.makeTimer(label: "run", dimensions: [("type", "noop")])
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(30_000_000)
        timer.recordNanoseconds(400_000_000_000)
        let lines = registry.exposition().split(separator: "\n").map(String.init)
        #expect(lines.first == "# TYPE run_seconds histogram")
        #expect(lines.contains(#"run_seconds_bucket{type="noop",le="0.001"} 1.0"#))
        #expect(lines.contains(#"run_seconds_bucket{type="noop",le="0.025"} 1.0"#))
        #expect(lines.contains(#"run_seconds_bucket{type="noop",le="0.05"} 2.0"#))
        #expect(lines.contains(#"run_seconds_bucket{type="noop",le="300.0"} 2.0"#))
        #expect(lines.contains(#"run_seconds_bucket{type="noop",le="+Inf"} 3.0"#))
        #expect(lines.contains(#"run_seconds_count{type="noop"} 3.0"#))
        #expect(lines.contains { $0.hasPrefix(#"run_seconds_sum{type="noop"} 400.03"#) })
    }

    @Test func escapesLabelValuesAndNames() {
        let registry = PrometheusRegistry()
        registry.set("a.b-c", [("d.e", "x\"y\\z\nw")], to: 1)
        #expect(registry.exposition() == "# TYPE a_b_c gauge\na_b_c{d_e=\"x\\\"y\\\\z\\nw\"} 1.0\n")
    }

    @Test func oneLabelOfTwoKindsShowsTheFirst() {
        let registry = PrometheusRegistry()
        registry.set("x_total", to: 5)
        registry.makeCounter(label: "x", dimensions: []).increment(by: 1)
        #expect(registry.exposition() == "# TYPE x_total gauge\nx_total 5.0\n")
    }
}
