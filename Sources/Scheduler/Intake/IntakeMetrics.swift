import FoundationEssentials
import Interruptions
import Metrics
import Store

/// What the intake counts and measures.
struct IntakeMetrics: Sendable {
    /// What a message turned out to be.
    enum Message: String, CaseIterable {
        case events, ignored, unreadable
    }

    private static let messages = "cloudoptim_event_messages_total"
    private static let events = "cloudoptim_events_total"
    private static let queues = "cloudoptim_event_queues"

    private let lag: [InterruptionType: Timer]

    /// Shows what has not happened yet as 0, so that its first time is an increase.
    init() {
        for kind in Message.allCases {
            Counter(label: Self.messages, dimensions: [("result", kind.rawValue)]).increment(by: 0)
        }
        lag = Dictionary(
            uniqueKeysWithValues: InterruptionType.allCases.map { type in
                (type, Timer(label: "cloudoptim_event_lag_seconds", dimensions: [("type", type.rawValue)]))
            }
        )
    }

    func read(_ message: Message) {
        Counter(label: Self.messages, dimensions: [("result", message.rawValue)]).increment()
    }

    /// Counts an event that was told for the first time, and measures how long it was on its way.
    func received(_ event: InterruptionEvent, _ status: SpotEventRecord.Status, at now: Date) {
        let type = event.kind.type
        Counter(label: Self.events, dimensions: [("type", type.rawValue), ("status", status.rawValue)])
            .increment()
        lag[type]?.recordSeconds(max(0, now.timeIntervalSince(event.time)))
    }

    /// Shows how many queues are in which condition.
    func queues(_ conditions: [QueueState.Condition]) {
        for condition in QueueState.Condition.allCases {
            let count = conditions.reduce(0) { $0 + ($1 == condition ? 1 : 0) }
            Gauge(label: Self.queues, dimensions: [("state", condition.rawValue)]).record(count)
        }
    }
}
