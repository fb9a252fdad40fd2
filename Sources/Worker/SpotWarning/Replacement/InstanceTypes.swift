import AWS
import Synchronization

/// The types of machines that regions offer: the same for everybody, and hardly ever changed.
final class InstanceTypes: Sendable {
    private struct Key: Hashable {
        let region: String
        let architectures: Set<String>
    }

    private struct Entry {
        let types: [EC2.InstanceType]
        let readAt: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(6 * 3600)

    private let entries = Mutex<[Key: Entry]>([:])

    /// One type by its name.
    func type(_ name: String, _ aws: AWSClient) async throws(AWSError) -> EC2.InstanceType? {
        try await aws.ec2.instanceTypes([name]).collect().first { $0.name == name }
    }

    /// All that are sold now for some architectures.
    func all(_ architectures: [String], _ aws: AWSClient) async throws(AWSError) -> [EC2.InstanceType] {
        let key = Key(region: aws.region.name, architectures: Set(architectures))
        let now = ContinuousClock.now
        if let known = entries.withLock({ $0[key] }), now - known.readAt < Self.lifetime {
            return known.types
        }
        let types = try await aws.ec2.instanceTypes(
            filters: [
                .init("processor-info.supported-architecture", architectures.sorted()),
                .init("bare-metal", ["false"]),
            ]
        ).collect()
        entries.withLock { $0[key] = Entry(types: types, readAt: now) }
        return types
    }
}
