/// What customers are told.
public enum NotificationKind: String, Sendable, CaseIterable {
    /// AWS takes a machine, or may.
    case interruptionReceived = "interruption_received"
    /// Another machine takes its place.
    case replacementLaunched = "replacement_launched"
    /// Its pods have left it.
    case drainDone = "drain_done"
    /// Pods were deleted in spite of their budgets.
    case podsForced = "pods_forced"
    /// Pods could not stop in time.
    case podsLost = "pods_lost"
    /// An interruption was not handled as it should be.
    case interruptionFailed = "interruption_failed"
    /// A machine serves nobody, and will be terminated.
    case ghostFlagged = "ghost_flagged"
    /// A machine that was flagged serves somebody, or is gone.
    case ghostCleared = "ghost_cleared"
    /// A machine that was flagged is kept because somebody said so.
    case ghostKept = "ghost_kept"
    /// A machine that served nobody was terminated.
    case ghostTerminated = "ghost_terminated"
    /// AWS refused to terminate a machine that served nobody.
    case ghostNotTerminated = "ghost_not_terminated"
    /// What a scan saw cannot be believed: a person must look.
    case ghostScanStopped = "ghost_scan_stopped"
    /// A cluster refuses our token.
    case credentialRefused = "credential_refused"
    /// A customer's queue cannot be read.
    case queueUnreadable = "queue_unreadable"
    /// Somebody wants to see whether a channel works.
    case test
}
