public import CoreMetrics
import Synchronization

/// Collects the process's metrics and writes them in Prometheus's text format (version 0.0.4).
///
/// Counters count, timers and recorders become histograms in seconds, meters and gauges show their last value.
/// Handlers of one label and dimensions share one value.
public final class PrometheusRegistry: MetricsFactory {
    struct Series: Hashable, Comparable {
        let name: String
        let labels: String

        static func < (left: Series, right: Series) -> Bool {
            left.name == right.name ? left.labels < right.labels : left.name < right.name
        }
    }

    /// What a metric was asked for by: names are made from it once, and not each time.
    private struct Request: Hashable {
        let label: String
        let dimensions: [(String, String)]
        let suffix: String

        static func == (left: Request, right: Request) -> Bool {
            left.label == right.label && left.suffix == right.suffix
                && left.dimensions.elementsEqual(right.dimensions, by: ==)
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(label)
            for (name, value) in dimensions {
                hasher.combine(name)
                hasher.combine(value)
            }
        }
    }

    private struct State {
        var values: [Series: any PrometheusValue] = [:]
        var known: [Request: any PrometheusValue] = [:]
    }

    private let state = Mutex(State())

    /// Makes an empty registry.
    public init() {}

    /// The present values, as a scrape gets them.
    public func exposition() -> String {
        let snapshot = state.withLock { $0.values }.sorted { $0.key < $1.key }
        var text = ""
        var last: String?
        for (series, value) in snapshot {
            if series.name != last {
                text += "# TYPE \(series.name) \(value.kind)\n"
                last = series.name
            }
            value.write(series, to: &text)
        }
        return text
    }

    /// Sets a gauge, for values that are looked up when they are scraped.
    public func set(_ label: String, _ dimensions: [(String, String)] = [], to value: Double) {
        gauge(label, dimensions).set(value)
    }

    /// A counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        value(label, dimensions, suffix: "_total") { PrometheusCounter() }
    }

    /// A counter of fractions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        value(label, dimensions, suffix: "_total") { PrometheusCounter() }
    }

    /// A gauge that can be added to.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram, or a gauge where no aggregation is wanted.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    {
        aggregate ? value(label, dimensions, suffix: "") { PrometheusHistogram() } : gauge(label, dimensions)
    }

    /// A histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        value(label, dimensions, suffix: "_seconds") { PrometheusHistogram() }
    }

    /// Values stay: a process has few series, and a scrape must not see them vanish.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Values stay.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Values stay.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Values stay.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Values stay.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        value(label, dimensions, suffix: "") { PrometheusGauge() }
    }

    private func value<Value: PrometheusValue>(
        _ label: String,
        _ dimensions: [(String, String)],
        suffix: String,
        make: () -> Value
    ) -> Value {
        let request = Request(label: label, dimensions: dimensions, suffix: suffix)
        return state.withLock { state in
            if let known = state.known[request] as? Value { return known }
            var name = Self.name(label)
            if !name.hasSuffix(suffix) { name += suffix }
            let labels = dimensions.map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }
            let series = Series(name: name, labels: labels.joined(separator: ","))
            // A label used for two kinds of metric is a bug of ours; the second kind is then counted, but not shown.
            let value = state.values[series].map { $0 as? Value ?? make() } ?? make()
            if state.values[series] == nil { state.values[series] = value }
            if state.known[request] == nil { state.known[request] = value }
            return value
        }
    }

    private static func name(_ label: String) -> String {
        let bytes = label.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ value: String) -> String {
        var escaped: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): escaped += "\\\\".utf8
            case UInt8(ascii: "\""): escaped += "\\\"".utf8
            case UInt8(ascii: "\n"): escaped += "\\n".utf8
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
