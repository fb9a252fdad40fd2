import Bootstrap
import FoundationEssentials
import Store

/// How long what is kept.
///
/// Pure: time goes in.
struct RetentionPlan: Sendable, Equatable {
    /// Days that jobs are kept after the day they were made in, and AWS's events and unreadable messages after they came.
    var jobDays = 30
    /// Days that the time series are kept.
    var metricsDays = 90

    /// The days that are over, of those there are: `20260131` sorts as it was.
    func expired(_ days: [String], of kind: RetentionStore.Kind, at now: Date) -> [String] {
        let kept = kind == .jobs ? jobDays : metricsDays
        let first = now.addingTimeInterval(-Double(kept) * 86_400)
        let name = first.rfc3339.prefix(10).filter { $0 != "-" }
        return days.filter { $0.count == 8 && $0 < name }
    }
}

extension RetentionPlan {
    /// What the environment says.
    ///
    /// Jobs are kept longer than ticks are made up for, so that nothing is written to a day that is dropped.
    init(_ settings: Settings) throws(SettingError) {
        jobDays = try settings.integer(.jobRetention, in: 8...3650, default: 30)
        metricsDays = try settings.integer(.metricsRetention, in: 1...3650, default: 90)
    }
}
