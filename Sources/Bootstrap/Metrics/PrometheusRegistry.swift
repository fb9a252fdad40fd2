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

    private let values = Mutex<[Series: any PrometheusValue]>([:])

    /// Makes an empty registry.
    public init() {}

    /// The present values, as a scrape gets them.
    public func exposition() -> String {
        let snapshot = values.withLock { $0 }.sorted { $0.key < $1.key }
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
        var name = Self.name(label)
        if !name.hasSuffix(suffix) { name += suffix }
        let labels = dimensions.map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        return values.withLock { values in
            let series = Series(name: name, labels: labels)
            // A label used for two kinds of metric is a bug of ours; the second kind is then counted, but not shown.
            if let known = values[series] { return known as? Value ?? make() }
            let new = make()
            values[series] = new
            return new
        }
    }

    private static func name(_ label: String) -> String {
        String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == ":" ? $0 : "_" })
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for character in value {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
