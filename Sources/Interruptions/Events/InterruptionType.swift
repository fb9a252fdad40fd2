/// The kinds of events by the names that are stored and shown.
public enum InterruptionType: String, Sendable, CaseIterable {
    /// A spot instance is taken back.
    case interruptionWarning = "interruption_warning"
    /// A spot instance is more likely than others to be taken back.
    case rebalanceRecommendation = "rebalance_recommendation"
    /// An instance has ended.
    case terminated
    /// An instance has another state than that.
    case stateChange = "state_change"
    /// AWS will do something to the hardware.
    case scheduledChange = "scheduled_change"
    /// An Auto Scaling group is about to terminate an instance.
    case autoScalingTermination = "autoscaling_termination"
    /// An instance in an interruptible capacity reservation is taken back.
    case capacityReservation = "capacity_reservation_interruption"
}

extension InterruptionEvent.Kind {
    /// Its name.
    public var type: InterruptionType {
        switch self {
        case .spotInterruption: .interruptionWarning
        case .rebalance: .rebalanceRecommendation
        case .stateChange(.terminated): .terminated
        case .stateChange: .stateChange
        case .scheduledEvent: .scheduledChange
        case .autoScalingTermination: .autoScalingTermination
        case .capacityReservation: .capacityReservation
        }
    }

    /// What the job is told to be the matter; nil if there is nothing to do.
    ///
    /// The words are those of the type's parameters.
    public var action: String? {
        switch self {
        case .spotInterruption(let action): action.rawValue
        case .rebalance: "rebalance"
        case .stateChange(.pending), .stateChange(.running): nil
        case .stateChange: "state-change"
        case .scheduledEvent: "scheduled"
        case .autoScalingTermination, .capacityReservation: InterruptionEvent.SpotAction.terminate.rawValue
        }
    }

    /// Whether the machine is lost within minutes.
    public var isWarning: Bool {
        switch self {
        case .spotInterruption, .autoScalingTermination, .capacityReservation: true
        case .rebalance, .stateChange, .scheduledEvent: false
        }
    }
}
