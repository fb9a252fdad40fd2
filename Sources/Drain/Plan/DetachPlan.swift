public import Kubernetes

/// Decides which volumes of a drained node are waited for, and how long; does nothing itself.
///
/// A pod's volume is detached some seconds after the pod is gone, and until then it cannot be attached elsewhere. Volumes
/// of pods that stay are not waited for. Times are counted from the drain's start.
public struct DetachPlan: Sendable {
    /// The volumes that are still attached, of those that are waited for.
    public private(set) var left: [AttachedVolume]
    /// When it is over, whatever is left.
    public let stopAt: Duration
    private let interval: Duration

    /// Makes a plan from what was seen after the pods had gone.
    ///
    /// - Parameters:
    ///   - attachments: Of the node.
    ///   - staying: The volumes of the pods that stay.
    ///   - stopAt: When it is over, whatever is left.
    ///   - interval: How often to look.
    public init(
        _ attachments: [VolumeAttachment],
        staying: Set<String>,
        stopAt: Duration,
        interval: Duration = .seconds(2)
    ) {
        left = attachments.compactMap { attachment in
            let volume = attachment.spec.source.persistentVolumeName
            guard volume.map({ !staying.contains($0) }) ?? true else { return nil }
            return AttachedVolume(attachment: attachment.metadata.name, volume: volume)
        }
        .sorted { $0.attachment < $1.attachment }
        self.stopAt = stopAt
        self.interval = interval
    }

    /// Whether there is nothing more to wait for.
    public func isOver(at now: Duration) -> Bool { left.isEmpty || now >= stopAt }

    /// When to look next.
    public func nextLook(after now: Duration) -> Duration { min(now + interval, stopAt) }

    /// Attachments were seen to be gone.
    public mutating func gone(_ attachments: Set<String>) {
        left.removeAll { attachments.contains($0.attachment) }
    }
}
