import Store
import Testing

@testable import AWS
@testable import Worker

struct OfferingChoiceTests {
    private static func type(
        _ name: String,
        cpus: Int = 2,
        memory: Int = 8192,
        architecture: String = "x86_64",
        isCurrent: Bool = true,
        isBurstable: Bool = false,
        isMetal: Bool = false,
        gpus: Int = 0,
        addresses: Int = 10
    ) throws -> EC2.InstanceType {
        let gpu = gpus > 0 ? "<gpuInfo><gpus><item><count>\(gpus)</count></item></gpus></gpuInfo>" : ""
        let xml = """
            <item><instanceType>\(name)</instanceType><vCpuInfo><defaultVCpus>\(cpus)</defaultVCpus></vCpuInfo>
            <memoryInfo><sizeInMiB>\(memory)</sizeInMiB></memoryInfo>
            <processorInfo><supportedArchitectures><item>\(architecture)</item></supportedArchitectures></processorInfo>
            <supportedUsageClasses><item>on-demand</item><item>spot</item></supportedUsageClasses>
            <bareMetal>\(isMetal)</bareMetal><currentGeneration>\(isCurrent)</currentGeneration>
            <burstablePerformanceSupported>\(isBurstable)</burstablePerformanceSupported>\(gpu)
            <networkInfo><maximumNetworkInterfaces>3</maximumNetworkInterfaces>
            <ipv4AddressesPerInterface>\(addresses)</ipv4AddressesPerInterface></networkInfo></item>
            """
        return try EC2.InstanceType(XMLReader.read(Array(xml.utf8)))
    }

    private static func subnet(_ id: String, _ zone: String) throws -> EC2.Subnet {
        let xml = "<item><subnetId>\(id)</subnetId><availabilityZone>\(zone)</availabilityZone></item>"
        return try EC2.Subnet(XMLReader.read(Array(xml.utf8)))
    }

    private static func choice(unavailable: Set<Offering> = []) throws -> OfferingChoice {
        OfferingChoice(
            source: try type("m5.large"),
            subnets: [try subnet("subnet-a", "us-east-1a"), try subnet("subnet-b", "us-east-1b")],
            unavailable: unavailable
        )
    }

    @Test func holdsAllThatTheMachineHeld() throws {
        let types = try [
            Self.type("m5.large"), Self.type("m6i.large"), Self.type("m5.medium", cpus: 1),
            Self.type("c5.large", memory: 4096), Self.type("m6g.large", architecture: "arm64"),
            Self.type("m3.large", isCurrent: false), Self.type("t3.large", isBurstable: true),
            Self.type("m5.metal", cpus: 4, isMetal: true), Self.type("g4dn.large", gpus: 1),
            Self.type("m5.4xlarge", cpus: 16, memory: 65536), Self.type("m7i.large", addresses: 4),
        ]
        #expect(try Self.choice().types(among: types).map(\.name) == ["m5.large", "m6i.large"])
    }

    @Test func theSameFamilyComesFirstThenTheSameKind() throws {
        let types = try [
            Self.type("r5.large", memory: 16384), Self.type("m5.xlarge", cpus: 4, memory: 16384),
            Self.type("m6i.large"), Self.type("m5.large"),
        ]
        let names = try Self.choice().types(among: types).map(\.name)
        #expect(names == ["m5.large", "m5.xlarge", "m6i.large", "r5.large"])
    }

    @Test func otherKindsAreForWhenThereIsTooLittleToChooseFrom() throws {
        var types = try (1...10).map { try Self.type("m\($0)i.large") }
        types.append(try Self.type("r5.large", memory: 16384))
        let names = try Self.choice().types(among: types).map(\.name)
        #expect(names.count == 10)
        #expect(!names.contains("r5.large"))
        let fewer = try Self.choice().types(among: Array(types.dropFirst())).map(\.name)
        #expect(fewer.last == "r5.large")
    }

    @Test func whatCouldNotBeHadIsNotAskedForAgain() throws {
        let dry = Offering(market: "spot", instanceType: "m5.large", zone: "us-east-1a")
        let choice = try Self.choice(unavailable: [dry])
        let types = [try Self.type("m5.large")]
        #expect(choice.overrides(types, market: .spot).map(\.subnetID) == ["subnet-b"])
        #expect(choice.overrides(types, market: .onDemand).map(\.subnetID) == ["subnet-a", "subnet-b"])
    }
}
