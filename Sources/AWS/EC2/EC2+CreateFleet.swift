extension EC2 {
    /// How capacity is paid for.
    public enum Market: String, Hashable, Sendable {
        /// By the hour.
        case onDemand = "on-demand"
        /// At the spot price; may be interrupted.
        case spot
    }

    /// A launch of any of several types in any of several zones, at once and once.
    ///
    /// EC2 chooses: for spot by price and by how unlikely an interruption is, so give it ten types or more.
    public struct CreateFleet: Sendable {
        /// A type in a subnet that may be launched.
        public struct Override: Hashable, Sendable {
            /// As in `m5.large`.
            public var instanceType: String
            /// The subnet, and with it the zone; `nil` for the template's.
            public var subnetID: String?
            /// The zone, for the default subnet in it.
            public var zone: String?
            /// Another image than the template's, as for another architecture.
            public var imageID: String?
            /// Lower comes first; counts only for ``CreateFleet/isPrioritized``.
            public var priority: Double?

            /// Makes an override.
            public init(
                instanceType: String,
                subnetID: String? = nil,
                zone: String? = nil,
                imageID: String? = nil,
                priority: Double? = nil
            ) {
                self.instanceType = instanceType
                self.subnetID = subnetID
                self.zone = zone
                self.imageID = imageID
                self.priority = priority
            }
        }

        /// What instances are made from.
        public var template: LaunchTemplate
        /// What may be launched.
        public var overrides: [Override]
        /// How many instances.
        public var capacity: Int
        /// How they are paid for.
        public var market: Market
        /// Whether priorities come before the price.
        public var isPrioritized: Bool
        /// Of instances, their volumes and the fleet.
        public var tags: [AWSTag]
        /// Names the launch.
        public var token: IdempotencyToken

        /// Makes a request.
        public init(
            template: LaunchTemplate,
            overrides: [Override],
            capacity: Int = 1,
            market: Market,
            isPrioritized: Bool = false,
            tags: [AWSTag] = [],
            token: IdempotencyToken
        ) {
            self.template = template
            self.overrides = overrides
            self.capacity = capacity
            self.market = market
            self.isPrioritized = isPrioritized
            self.tags = tags
            self.token = token
        }

        func add(to parameters: inout QueryParameters, isDryRun: Bool) {
            parameters.set("Type", "instant")
            // A trial is another request than the launch, and would spoil its token.
            if !isDryRun { parameters.set("ClientToken", token.text) }
            parameters.set("TargetCapacitySpecification.TotalTargetCapacity", capacity)
            parameters.set("TargetCapacitySpecification.DefaultTargetCapacityType", market.rawValue)
            switch market {
            case .spot:
                let strategy = isPrioritized ? "capacity-optimized-prioritized" : "price-capacity-optimized"
                parameters.set("SpotOptions.AllocationStrategy", strategy)
            case .onDemand:
                let strategy = isPrioritized ? "prioritized" : "lowest-price"
                parameters.set("OnDemandOptions.AllocationStrategy", strategy)
            }
            let prefix = "LaunchTemplateConfigs.1."
            template.add(to: &parameters, "\(prefix)LaunchTemplateSpecification.")
            parameters.set("\(prefix)Overrides", overrides) { parameters, prefix, override in
                parameters.set("\(prefix)InstanceType", override.instanceType)
                parameters.set("\(prefix)SubnetId", override.subnetID)
                parameters.set("\(prefix)AvailabilityZone", override.zone)
                parameters.set("\(prefix)ImageId", override.imageID)
                parameters.set("\(prefix)Priority", override.priority.map { "\($0)" })
            }
            parameters.set(tags, for: ["instance", "volume", "fleet"])
        }
    }

    /// What a fleet launched, and what it couldn't.
    public struct FleetResult: Hashable, Sendable {
        /// Instances of one type and place.
        public struct Launch: Hashable, Sendable {
            /// The instances.
            public let instanceIDs: [String]
            /// As in `m5.large`.
            public let instanceType: String?
            /// `spot` or `on-demand`.
            public let market: String?
            /// Where.
            public let subnetID: String?
            /// Where.
            public let zone: String?
        }

        /// What could not be launched, and why.
        public struct Refusal: Hashable, Sendable {
            /// What it means; `insufficientCapacity` is of this type and place alone.
            public let code: AWSError.Code
            /// EC2's own code.
            public let rawCode: String
            /// EC2's sentence.
            public let message: String?
            /// As in `m5.large`.
            public let instanceType: String?
            /// `spot` or `on-demand`.
            public let market: String?
            /// Where.
            public let subnetID: String?
            /// Where.
            public let zone: String?
        }

        /// As in `fleet-0abc`.
        public let fleetID: String?
        /// What was launched.
        public let launches: [Launch]
        /// What could not be.
        public let refusals: [Refusal]

        /// All that were launched.
        public var instanceIDs: [String] { launches.flatMap(\.instanceIDs) }

        init(_ xml: XMLElement) throws(AWSError) {
            fleetID = xml.string("fleetId")
            launches = xml.items("fleetInstanceSet").map { item in
                let place = item.child("launchTemplateAndOverrides")?.child("overrides")
                return Launch(
                    instanceIDs: item.strings("instanceIds"),
                    instanceType: item.string("instanceType") ?? place?.string("instanceType"),
                    market: item.string("lifecycle"),
                    subnetID: item.string("subnetId") ?? place?.string("subnetId"),
                    zone: item.string("availabilityZone") ?? place?.string("availabilityZone")
                )
            }
            refusals = try xml.map("errorSet") { item throws(AWSError) in
                let place = item.child("launchTemplateAndOverrides")?.child("overrides")
                let rawCode = ErrorBody.bare(try item.required("errorCode"))
                return Refusal(
                    code: AWSError.Code(rawCode: rawCode),
                    rawCode: rawCode,
                    message: item.string("errorMessage").map { String($0.prefix(500)) },
                    instanceType: place?.string("instanceType"),
                    market: item.string("lifecycle"),
                    subnetID: place?.string("subnetId"),
                    zone: place?.string("availabilityZone")
                )
            }
        }
    }
}
