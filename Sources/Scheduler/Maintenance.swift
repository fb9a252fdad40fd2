import FoundationEssentials
import Logging
import Store

/// Makes partitions ahead of time.
struct Maintenance: Sendable {
    let schema: Schema
    let logger: Logger

    /// Works every hour until cancelled.
    func run() async {
        while !Task.isCancelled {
            var pause: Duration = .seconds(3600)
            do {
                for day in 0...7 {
                    try await schema.ensurePartitions(around: Date().addingTimeInterval(Double(day) * 86_400))
                }
            } catch {
                logger.warning("could not make partitions", metadata: ["error": "\(error)"])
                pause = .seconds(30)
            }
            try? await Task.sleep(for: pause)  // cancellation ends the loop
        }
    }
}
