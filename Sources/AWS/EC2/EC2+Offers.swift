public import FoundationEssentials

extension EC2 {
    /// A price from a time on.
    public struct SpotPrice: Hashable, Sendable {
        /// As in `m5.large`.
        public let instanceType: String
        /// As in `eu-central-1a`.
        public let zone: String
        /// As in `Linux/UNIX`.
        public let product: String
        /// In US dollars (in China, yuan) an hour.
        public let price: Double
        /// Since when.
        public let since: Date

        init(_ xml: XMLElement) throws(AWSError) {
            instanceType = try xml.required("instanceType")
            zone = try xml.required("availabilityZone")
            product = try xml.required("productDescription")
            guard let price = Double(try xml.required("spotPrice")), price.isFinite, price >= 0,
                let since = try xml.date("timestamp")
            else { throw AWSError(.invalidResponse, "the answer's price cannot be read") }
            self.price = price
            self.since = since
        }
    }

    /// A subnet.
    public struct Subnet: Hashable, Sendable {
        /// As in `subnet-0abc`.
        public let id: String
        /// Its network.
        public let vpcID: String?
        /// As in `eu-central-1a`.
        public let zone: String
        /// `available` or `pending`.
        public let state: String?
        /// How many addresses are free.
        public let freeAddresses: Int?
        /// By key.
        public let tags: [String: String]

        init(_ xml: XMLElement) throws(AWSError) {
            id = try xml.required("subnetId")
            vpcID = xml.string("vpcId")
            zone = try xml.required("availabilityZone")
            state = xml.string("state")
            freeAddresses = try xml.int("availableIpAddressCount")
            tags = xml.tags
        }
    }

    /// A type of instance.
    public struct InstanceType: Hashable, Sendable {
        /// As in `m5.large`.
        public let name: String
        /// Virtual processors.
        public let vCPUs: Int
        /// In MiB.
        public let memory: Int
        /// `x86_64`, `arm64` ...
        public let architectures: [String]
        /// `on-demand`, `spot` ...
        public let usageClasses: [String]
        /// Whether it is the whole machine.
        public let isBareMetal: Bool
        /// Whether AWS sells it as current.
        public let isCurrentGeneration: Bool
        /// Whether its processors may be used in full only for a time.
        public let isBurstable: Bool
        /// How many.
        public let gpus: Int
        /// Whether it has accelerators of any kind: GPUs, FPGAs, inference or media chips.
        public let hasAccelerators: Bool
        /// Local disks, in GB in all.
        public let localStorage: Int
        /// Network interfaces and addresses of each: they bound the number of pods.
        public let networkInterfaces: Int?
        /// IPv4 addresses of each network interface.
        public let addressesPerInterface: Int?

        init(_ xml: XMLElement) throws(AWSError) {
            name = try xml.required("instanceType")
            vCPUs = try xml.child("vCpuInfo")?.int("defaultVCpus") ?? 0
            memory = try xml.child("memoryInfo")?.int("sizeInMiB") ?? 0
            architectures = xml.child("processorInfo")?.strings("supportedArchitectures") ?? []
            usageClasses = xml.strings("supportedUsageClasses")
            isBareMetal = try xml.bool("bareMetal") ?? false
            isCurrentGeneration = try xml.bool("currentGeneration") ?? false
            isBurstable = try xml.bool("burstablePerformanceSupported") ?? false
            var gpus = 0
            for gpu in xml.child("gpuInfo")?.items("gpus") ?? [] { gpus += try gpu.int("count") ?? 0 }
            self.gpus = gpus
            let accelerators = [
                "gpuInfo", "fpgaInfo", "inferenceAcceleratorInfo", "mediaAcceleratorInfo", "neuronInfo",
            ]
            hasAccelerators = accelerators.contains { xml.child($0) != nil }
            localStorage = try xml.child("instanceStorageInfo")?.int("totalSizeInGB") ?? 0
            networkInterfaces = try xml.child("networkInfo")?.int("maximumNetworkInterfaces")
            addressesPerInterface = try xml.child("networkInfo")?.int("ipv4AddressesPerInterface")
        }
    }
}
