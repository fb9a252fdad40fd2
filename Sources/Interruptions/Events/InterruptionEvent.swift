public import FoundationEssentials
public import Store

/// One thing that AWS tells about one machine.
///
/// An event about several machines is several of these, with one ``sourceID``.
public struct InterruptionEvent: Sendable, Equatable {
    /// What is told.
    public enum Kind: Sendable, Equatable {
        /// A spot instance is taken back, two minutes after the event's time.
        case spotInterruption(SpotAction)
        /// A spot instance is more likely than others to be taken back.
        case rebalance
        /// An instance has another state.
        case stateChange(State)
        /// AWS will do something to the hardware; `startsAt` is nil if it does not say when.
        case scheduledEvent(startsAt: Date?)
        /// An Auto Scaling group is about to terminate the instance, and waits for its hook meanwhile.
        case autoScalingTermination
        /// An instance in an interruptible capacity reservation is taken back.
        case capacityReservation
    }

    /// What becomes of a spot instance that is taken back.
    public enum SpotAction: String, Sendable, CaseIterable {
        /// It is gone for good.
        case terminate
        /// It is stopped, and may come back.
        case stop
        /// It hibernates: at once, without the two minutes.
        case hibernate
    }

    /// A state of an instance.
    public enum State: String, Sendable, CaseIterable {
        /// It is being made.
        case pending
        /// It runs.
        case running
        /// It is about to stop.
        case stopping
        /// It has stopped.
        case stopped
        /// It is about to end.
        case shuttingDown = "shutting-down"
        /// It has ended.
        case terminated
    }

    /// What is told.
    public var kind: Kind
    /// The id AWS gave the event.
    public var sourceID: String
    /// The machine.
    public var instanceID: String
    /// Twelve digits, if it was said.
    public var account: String?
    /// Where, if it was said.
    public var region: String?
    /// When AWS said it.
    public var time: Date
    /// AWS's own words: an object, of which long parts may be left out.
    public var detail: JSONValue

    /// Makes an event from all of its fields.
    public init(
        kind: Kind,
        sourceID: String,
        instanceID: String,
        account: String? = nil,
        region: String? = nil,
        time: Date,
        detail: JSONValue
    ) {
        self.kind = kind
        self.sourceID = sourceID
        self.instanceID = instanceID
        self.account = account
        self.region = region
        self.time = time
        self.detail = detail
    }
}
