import CoreMetrics
import Synchronization

/// A value that a scrape can show.
protocol PrometheusValue: Sendable {
    /// The TYPE of the text format.
    var kind: String { get }
    /// Adds its lines.
    func write(_ series: PrometheusRegistry.Series, to text: inout String)
}

extension PrometheusValue {
    func line(_ name: String, _ labels: String, _ value: Double, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
}

/// A sum that only grows.
final class PrometheusCounter: PrometheusValue, CounterHandler, FloatingPointCounterHandler {
    private let sum = Mutex(0.0)
    let kind = "counter"

    func increment(by amount: Int64) {
        sum.withLock { $0 += Double(amount) }
    }

    func increment(by amount: Double) {
        sum.withLock { $0 += amount }
    }

    func reset() {
        sum.withLock { $0 = 0 }
    }

    func write(_ series: PrometheusRegistry.Series, to text: inout String) {
        line(series.name, series.labels, sum.withLock { $0 }, to: &text)
    }
}

/// A value that comes and goes.
final class PrometheusGauge: PrometheusValue, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)
    let kind = "gauge"

    func set(_ value: Int64) { self.value.withLock { $0 = Double(value) } }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func write(_ series: PrometheusRegistry.Series, to text: inout String) {
        line(series.name, series.labels, value.withLock { $0 }, to: &text)
    }
}

/// Counts by size, from one millisecond to five minutes.
final class PrometheusHistogram: PrometheusValue, TimerHandler, RecorderHandler {
    private static let bounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
    ]

    private struct State {
        var counts = [Int](repeating: 0, count: PrometheusHistogram.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private let state = Mutex(State())
    let kind = "histogram"

    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1_000_000_000)
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        state.withLock { state in
            state.count += 1
            state.sum += value
            if let bucket = Self.bounds.firstIndex(where: { value <= $0 }) { state.counts[bucket] += 1 }
        }
    }

    func write(_ series: PrometheusRegistry.Series, to text: inout String) {
        let state = state.withLock { $0 }
        let prefix = series.labels.isEmpty ? "" : series.labels + ","
        var cumulative = 0
        for (bound, count) in zip(Self.bounds, state.counts) {
            cumulative += count
            line("\(series.name)_bucket", "\(prefix)le=\"\(bound)\"", Double(cumulative), to: &text)
        }
        line("\(series.name)_bucket", "\(prefix)le=\"+Inf\"", Double(state.count), to: &text)
        line("\(series.name)_sum", series.labels, state.sum, to: &text)
        line("\(series.name)_count", series.labels, Double(state.count), to: &text)
    }
}
