internal import Cryptography

extension EC2 {
    /// A launch of one type in one place, from a template or from parts.
    ///
    /// Descriptions do not show the user data, which may hold secrets.
    public struct RunInstances: Sendable, CustomStringConvertible, CustomReflectable {
        /// A disk to be made.
        public struct Disk: Hashable, Sendable {
            /// As in `/dev/xvda`.
            public var device: String
            /// In GiB.
            public var size: Int?
            /// As in `gp3`.
            public var type: String?
            /// Whether it is encrypted; `nil` for the account's default.
            public var isEncrypted: Bool?
            /// Whether it goes with the instance.
            public var isDeletedOnTermination: Bool

            /// Makes a disk.
            public init(
                device: String,
                size: Int? = nil,
                type: String? = nil,
                isEncrypted: Bool? = nil,
                isDeletedOnTermination: Bool = true
            ) {
                self.device = device
                self.size = size
                self.type = type
                self.isEncrypted = isEncrypted
                self.isDeletedOnTermination = isDeletedOnTermination
            }
        }

        /// What instances are made from; what is given beside it comes first.
        public var template: LaunchTemplate?
        /// The image.
        public var imageID: String?
        /// As in `m5.large`.
        public var instanceType: String?
        /// Where.
        public var subnetID: String?
        /// Where, for the default subnet of a zone.
        public var zone: String?
        /// Security groups.
        public var securityGroupIDs: [String] = []
        /// The role's profile, by ARN or by name.
        public var instanceProfile: String?
        /// What runs at the first start, at most 16 KiB; never logged.
        public var userData: [UInt8]?
        /// How it is paid for.
        public var market: Market
        /// Disks.
        public var disks: [Disk] = []
        /// How many network hops the metadata service's answers may take; given, its tokens are required,
        /// too.
        public var metadataHopLimit: Int?
        /// How many instances; all or none.
        public var count = 1
        /// Of instances and their volumes.
        public var tags: [AWSTag] = []
        /// Names the launch.
        public var token: IdempotencyToken

        /// Makes a request; the rest is set afterwards.
        public init(
            template: LaunchTemplate? = nil,
            instanceType: String? = nil,
            subnetID: String? = nil,
            market: Market,
            token: IdempotencyToken
        ) {
            self.template = template
            self.instanceType = instanceType
            self.subnetID = subnetID
            self.market = market
            self.token = token
        }

        /// Type and token.
        public var description: String { "launch of \(instanceType ?? "the template's type") (\(token))" }

        /// Shows type and token.
        public var customMirror: Mirror { Mirror(self, children: ["launch": description]) }

        func add(to parameters: inout QueryParameters, isDryRun: Bool) {
            parameters.set("MinCount", count)
            parameters.set("MaxCount", count)
            // A trial is another request than the launch, and would spoil its token.
            if !isDryRun { parameters.set("ClientToken", token.text) }
            template?.add(to: &parameters, "LaunchTemplate.")
            parameters.set("ImageId", imageID)
            parameters.set("InstanceType", instanceType)
            parameters.set("SubnetId", subnetID)
            parameters.set("Placement.AvailabilityZone", zone)
            parameters.set("SecurityGroupId", securityGroupIDs)
            if let instanceProfile {
                let kind = instanceProfile.hasPrefix("arn:") ? "Arn" : "Name"
                parameters.set("IamInstanceProfile.\(kind)", instanceProfile)
            }
            parameters.set("UserData", userData.map(Base64.encode))
            if market == .spot {
                // No maximum price: the on-demand price bounds it, and a lower one only adds interruptions.
                parameters.set("InstanceMarketOptions.MarketType", "spot")
                parameters.set("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time")
                parameters.set("InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior", "terminate")
            }
            if let metadataHopLimit {
                parameters.set("MetadataOptions.HttpTokens", "required")
                parameters.set("MetadataOptions.HttpPutResponseHopLimit", metadataHopLimit)
            }
            parameters.set("BlockDeviceMapping", disks) { parameters, prefix, disk in
                parameters.set("\(prefix)DeviceName", disk.device)
                parameters.set("\(prefix)Ebs.VolumeSize", disk.size)
                parameters.set("\(prefix)Ebs.VolumeType", disk.type)
                parameters.set("\(prefix)Ebs.Encrypted", disk.isEncrypted)
                parameters.set("\(prefix)Ebs.DeleteOnTermination", disk.isDeletedOnTermination)
            }
            parameters.set(tags, for: ["instance", "volume"])
        }
    }
}
