public import FoundationEssentials

extension EC2 {
    /// The health of an instance.
    public struct InstanceStatus: Hashable, Sendable {
        /// Something AWS will do to an instance.
        public struct Event: Hashable, Sendable {
            /// As in `instance-event-0abc`.
            public let id: String?
            /// `instance-reboot`, `system-reboot`, `system-maintenance`, `instance-retirement`,
            /// `instance-stop`.
            public let code: String
            /// For people; begins with `[Completed]` or `[Canceled]` when it is over.
            public let description: String?
            /// The earliest time.
            public let notBefore: Date?
            /// The latest time.
            public let notAfter: Date?

            init(_ xml: XMLElement) throws(AWSError) {
                id = xml.string("instanceEventId")
                code = try xml.required("code")
                description = xml.string("description")
                notBefore = try xml.date("notBefore")
                notAfter = try xml.date("notAfter")
            }

            /// Whether it is yet to happen; events that are over stay in the list for a week.
            public var isPending: Bool {
                guard let description else { return true }
                return !description.hasPrefix("[Completed]") && !description.hasPrefix("[Canceled]")
            }
        }

        /// The instance.
        public let instanceID: String
        /// Its zone.
        public let zone: String?
        /// Where it is in its life.
        public let state: Instance.State
        /// `ok`, `impaired`, `initializing`, `insufficient-data` or `not-applicable`.
        public let instanceHealth: String?
        /// The same of the machine below.
        public let systemHealth: String?
        /// What AWS has scheduled, and what of it is over.
        public let events: [Event]

        init(_ xml: XMLElement) throws(AWSError) {
            instanceID = try xml.required("instanceId")
            zone = xml.string("availabilityZone")
            state = try Instance.State(xml.child("instanceState"))
            instanceHealth = xml.child("instanceStatus")?.string("status")
            systemHealth = xml.child("systemStatus")?.string("status")
            events = try xml.map("eventsSet") { xml throws(AWSError) in try Event(xml) }
        }
    }
}
