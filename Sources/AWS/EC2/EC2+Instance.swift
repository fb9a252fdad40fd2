public import FoundationEssentials

extension EC2 {
    /// A machine.
    public struct Instance: Hashable, Sendable {
        /// Where it is in its life.
        public enum State: String, Sendable, CaseIterable {
            /// Being started.
            case pending
            /// Started.
            case running
            /// Being terminated.
            case shuttingDown = "shutting-down"
            /// Gone for good; shown for about an hour.
            case terminated
            /// Being stopped.
            case stopping
            /// Stopped, and can be started.
            case stopped
            /// Something this code does not know.
            case unknown

            /// The low byte of the code counts; the high one is for EC2 itself.
            init(code: Int) {
                self =
                    switch code & 0xFF {
                    case 0: .pending
                    case 16: .running
                    case 32: .shuttingDown
                    case 48: .terminated
                    case 64: .stopping
                    case 80: .stopped
                    default: .unknown
                    }
            }

            init(_ xml: XMLElement?) throws(AWSError) {
                self = try xml?.int("code").map(Self.init(code:)) ?? .unknown
            }
        }

        /// How it is paid for.
        public enum Market: Hashable, Sendable {
            /// By the hour.
            case onDemand
            /// At the spot price; may be interrupted.
            case spot
            /// `scheduled`, `capacity-block` ...
            case other(String)
        }

        /// As in `i-0abc`.
        public let id: String
        /// Where it is in its life.
        public let state: State
        /// As in `m5.large`.
        public let type: String?
        /// The image it was started from.
        public let imageID: String?
        /// How it is paid for.
        public let market: Market
        /// As in `eu-central-1a`.
        public let zone: String?
        /// `default`, `dedicated` or `host`.
        public let tenancy: String?
        /// Its subnet.
        public let subnetID: String?
        /// Its network.
        public let vpcID: String?
        /// `nil` until it runs.
        public let privateDNSName: String?
        /// In the subnet.
        public let privateIPAddress: String?
        /// When it was last started.
        public let launched: Date?
        /// `x86_64` or `arm64`.
        public let architecture: String?
        /// Its role's profile.
        public let instanceProfileARN: String?
        /// Its security groups.
        public let securityGroupIDs: [String]
        /// Its volumes.
        public let volumeIDs: [String]
        /// The spot request that made it.
        public let spotRequestID: String?
        /// The token it was launched with.
        public let clientToken: String?
        /// Why it is in its state, as in `Server.SpotInstanceTermination`.
        public let stateReason: String?
        /// `windows`; `nil` for the rest.
        public let platform: String?
        /// The service that manages it, if a service does.
        public let managedBy: String?
        /// The account it belongs to.
        public let owner: String?
        /// By key.
        public let tags: [String: String]

        init(_ xml: XMLElement, owner: String?) throws(AWSError) {
            id = try xml.required("instanceId")
            state = try State(xml.child("instanceState"))
            type = xml.string("instanceType")
            imageID = xml.string("imageId")
            market =
                switch xml.string("instanceLifecycle") {
                case nil: .onDemand
                case "spot": .spot
                case .some(let other): .other(other)
                }
            zone = xml.child("placement")?.string("availabilityZone")
            tenancy = xml.child("placement")?.string("tenancy")
            subnetID = xml.string("subnetId")
            vpcID = xml.string("vpcId")
            privateDNSName = xml.string("privateDnsName")
            privateIPAddress = xml.string("privateIpAddress")
            launched = try xml.date("launchTime")
            architecture = xml.string("architecture")
            instanceProfileARN = xml.child("iamInstanceProfile")?.string("arn")
            securityGroupIDs = xml.items("groupSet").compactMap { $0.string("groupId") }
            volumeIDs = xml.items("blockDeviceMapping").compactMap { $0.child("ebs")?.string("volumeId") }
            spotRequestID = xml.string("spotInstanceRequestId")
            clientToken = xml.string("clientToken")
            stateReason = xml.child("stateReason")?.string("code")
            platform = xml.string("platform")
            let isManaged = try xml.child("operator")?.bool("managed") ?? false
            managedBy = isManaged ? xml.child("operator")?.string("principal") ?? "unknown" : nil
            self.owner = owner
            tags = xml.tags
        }

        /// The launch template it was made from, if from one.
        public var launchTemplate: LaunchTemplate? {
            tags["aws:ec2launchtemplate:id"].map {
                LaunchTemplate(id: $0, version: tags["aws:ec2launchtemplate:version"])
            }
        }

        /// The Auto Scaling group that made it and will replace it, if one did.
        public var autoScalingGroup: String? { tags["aws:autoscaling:groupName"] }

        /// What Kubernetes' AWS provider calls the node's machine.
        public var providerID: String? { zone.map { "aws:///\($0)/\(id)" } }
    }

    /// What termination did to an instance.
    public struct InstanceStateChange: Hashable, Sendable {
        /// The instance.
        public let id: String
        /// What it was.
        public let previous: Instance.State
        /// What it is now.
        public let current: Instance.State

        init(_ xml: XMLElement) throws(AWSError) {
            id = try xml.required("instanceId")
            previous = try Instance.State(xml.child("previousState"))
            current = try Instance.State(xml.child("currentState"))
        }
    }
}
