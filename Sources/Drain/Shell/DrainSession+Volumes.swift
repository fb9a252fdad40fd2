internal import Kubernetes
internal import Logging

extension DrainSession {
    /// Waits until the volumes of the pods that went are detached from the node.
    ///
    /// - Parameters:
    ///   - stopAt: When to stop, whatever is left.
    ///   - pace: How long calls may take.
    /// - Returns: The volumes that are left; `nil` if they could not be looked at.
    /// - Throws: `CancellationError`, or what a hook threw.
    mutating func awaitVolumes(until stopAt: Duration, _ pace: DrainPace) async throws -> [AttachedVolume]? {
        guard now < stopAt else { return nil }
        let client = drain.patient(pace, until: instant(stopAt)).client
        do {
            let attachments = try await client.volumeAttachments(onNode: node)
            guard !attachments.isEmpty else { return [] }
            // What stays keeps its volumes: pods of DaemonSets, static ones, those that hang.
            let staying = try await client.volumes(claimedBy: try await client.pods(onNode: node))
            var plan = DetachPlan(attachments, staying: staying, stopAt: stopAt)
            while !plan.isOver(at: now) {
                try await Task.sleep(until: instant(plan.nextLook(after: now)), clock: .continuous)
                guard now < stopAt else { break }
                try await hooks.mayAct()
                plan.gone(try await gone(plan.left, client))
            }
            if !plan.left.isEmpty {
                drain.logger.info(
                    "volumes are still attached",
                    metadata: ["node.name": "\(node)", "volumes": "\(plan.left.count)"]
                )
            }
            return plan.left
        } catch let error as KubernetesError {
            try Task.checkCancellation()
            // A server that knows no attachments has none.
            guard error.code != .notFound else { return nil }
            problem("the node's volumes could not be looked at: \(error)")
            return nil
        }
    }

    /// Which attachments are not there any more; one that cannot be asked for may be.
    private func gone(_ volumes: [AttachedVolume], _ client: KubernetesClient) async throws -> Set<String> {
        var gone: Set<String> = []
        for volume in volumes {
            do throws(KubernetesError) {
                if try await !client.volumeAttachmentExists(volume.attachment) {
                    gone.insert(volume.attachment)
                }
            } catch {
                try Task.checkCancellation()
                guard error.isRetryable else { throw error }
            }
        }
        return gone
    }
}
