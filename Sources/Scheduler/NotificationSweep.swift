import FoundationEssentials
import Jobs
import Logging
import Store

/// Makes a job for each channel that has something to send.
///
/// Every scheduler may do so: a channel has one unfinished job, whoever made it.
struct NotificationSweep: Sendable {
    let queue: JobQueue
    let outbox: NotificationStore
    let logger: Logger
    var interval = Duration.seconds(2)

    /// Looks until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await sweep()
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("could not look for notifications", metadata: ["error": "\(error)"])
            }
            // Cancellation ends the loop.
            try? await Task.sleep(for: interval)
        }
    }

    /// Looks once.
    func sweep() async throws {
        let submissions = try await outbox.dueChannels().map { channel in
            var submission = JobSubmission(
                type: JobType.sendNotification.rawValue,
                customerID: channel.customerID,
                submittedBy: "notifications"
            )
            submission.parameters = ["channel_id": .string(channel.id.text)]
            submission.dedupeKey = "notifications:\(channel.id.text)"
            submission.whenDuplicate = .merge
            return submission
        }
        guard !submissions.isEmpty else { return }
        _ = try await queue.submit(batch: submissions)
    }
}
