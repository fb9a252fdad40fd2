extension EC2 {
    /// Names a launch template and perhaps a version.
    public struct LaunchTemplate: Hashable, Sendable {
        enum Reference: Hashable, Sendable {
            case id(String)
            case name(String)
        }

        let reference: Reference
        /// A number, `$Latest` or `$Default`; without one the default version.
        public let version: String?

        /// By id, as in `lt-0abc`.
        public init(id: String, version: String? = nil) {
            reference = .id(id)
            self.version = version
        }

        /// By name.
        public init(name: String, version: String? = nil) {
            reference = .name(name)
            self.version = version
        }

        func add(to parameters: inout QueryParameters, _ prefix: String) {
            switch reference {
            case .id(let id): parameters.set("\(prefix)LaunchTemplateId", id)
            case .name(let name): parameters.set("\(prefix)LaunchTemplateName", name)
            }
            parameters.set("\(prefix)Version", version)
        }
    }

    /// What a version of a launch template says, as far as it matters for a replacement.
    ///
    /// The user data, which may hold secrets, is not kept.
    public struct LaunchTemplateVersion: Hashable, Sendable {
        /// As in `lt-0abc`.
        public let templateID: String
        /// Its name.
        public let templateName: String?
        /// Counted from 1.
        public let version: Int
        /// Whether it is what `$Default` means.
        public let isDefault: Bool
        /// The image; also `resolve:ssm:...`.
        public let imageID: String?
        /// As in `m5.large`.
        public let instanceType: String?
        /// The name or ARN of the role's profile.
        public let instanceProfile: String?
        /// Security groups, of the instance or its first network interface.
        public let securityGroupIDs: [String]
        /// Subnets of the network interfaces: with one, no subnet can be asked for beside it.
        public let subnetIDs: [String]
        /// Whether there is user data, without which no node joins a cluster.
        public let hasUserData: Bool
        /// `spot` or another market that the template itself asks for.
        public let marketType: String?
        /// The tags that instances get.
        public let instanceTags: [String: String]

        init(_ xml: XMLElement) throws(AWSError) {
            templateID = try xml.required("launchTemplateId")
            templateName = xml.string("launchTemplateName")
            version = try xml.int("versionNumber") ?? 0
            isDefault = try xml.bool("defaultVersion") ?? false
            let data = xml.child("launchTemplateData") ?? XMLElement(name: "launchTemplateData")
            imageID = data.string("imageId")
            instanceType = data.string("instanceType")
            let profile = data.child("iamInstanceProfile")
            instanceProfile = profile?.string("arn") ?? profile?.string("name")
            let interfaces = data.items("networkInterfaceSet")
            let groups = data.strings("securityGroupIdSet")
            securityGroupIDs =
                groups.isEmpty ? interfaces.first?.strings("groupSet", "groupId") ?? [] : groups
            subnetIDs = interfaces.compactMap { $0.string("subnetId") }
            hasUserData = data.string("userData") != nil
            marketType = data.child("instanceMarketOptions")?.string("marketType")
            instanceTags =
                data.items("tagSpecificationSet").first { $0.string("resourceType") == "instance" }?.tags
                ?? [:]
        }
    }
}
