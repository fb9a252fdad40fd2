extension NotificationStore {
    /// Why an event did not arrive, and what follows.
    public struct Failure: Sendable, Equatable {
        /// For people; without secrets.
        public var reason: String
        /// When it is tried again; nil gives it up, and the next one has its turn.
        public var retryAfter: Duration?
        /// Whether the receiver says that it is the request.
        public var isRefusal: Bool
        /// Why nothing more is to be sent to the channel; nil if something is.
        public var disables: String?

        /// Makes one from its parts.
        public init(_ reason: String, retryAfter: Duration?, isRefusal: Bool = false, disables: String? = nil)
        {
            self.reason = reason
            self.retryAfter = retryAfter
            self.isRefusal = isRefusal
            self.disables = disables
        }
    }
}
