import Bootstrap
import Jobs
import Store

/// The gauges of the queues, as they are when somebody looks.
struct QueueGauges {
    /// A scrape must not wait for a Redis that hangs.
    static let limit = Duration.seconds(2)

    let index: LiveIndex

    /// Looks, and writes them in Prometheus's format.
    ///
    /// While Redis is away there are no gauges of queues: an old value would pass for a present one.
    func exposition() async -> String {
        // Of this scrape alone, so that nothing stays.
        let registry = PrometheusRegistry()
        let stats = await stats()
        registry.set("cloudoptim_redis_up", to: stats == nil ? 0 : 1)
        for stats in stats ?? [] {
            let labels = [("queue", stats.name)]
            registry.set("cloudoptim_queue_ready", labels, to: Double(stats.ready))
            registry.set("cloudoptim_queue_delayed", labels, to: Double(stats.delayed))
            registry.set("cloudoptim_queue_running", labels, to: Double(stats.running))
            registry.set("cloudoptim_queue_oldest_seconds", labels, to: stats.oldestReady?.seconds ?? 0)
        }
        return registry.exposition()
    }

    /// nil if Redis did not answer in time.
    private func stats() async -> [LiveIndex.QueueStats]? {
        await withTaskGroup(of: [LiveIndex.QueueStats]?.self) { group in
            group.addTask { try? await index.stats(of: nil) }  // nil says it all
            group.addTask {
                try? await Task.sleep(for: Self.limit)  // ended by the group
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
