import AWS
import Synchronization

/// The types of machines that regions offer: the same for everybody, and hardly ever changed.
///
/// AWS counts these calls for each account. When a zone fails, hundreds of jobs want the same answer at once: those of
/// an account share one call. Accounts do not, since one of them may lack the permission.
final class InstanceTypes: Sendable {
    private enum Query: Hashable {
        case named(String)
        case of(architectures: [String])
    }

    private struct Key: Hashable {
        let region: String
        let query: Query
    }

    private struct Asking: Hashable {
        let account: String
        let key: Key
    }

    private struct Entry {
        let types: [EC2.InstanceType]
        let readAt: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var flights: [Asking: SingleFlight<[EC2.InstanceType]>] = [:]
    }

    private static let lifetime = Duration.seconds(6 * 3600)

    private let state = Mutex(State())

    /// One type by its name.
    func type(_ name: String, _ aws: AWSClient) async throws(AWSError) -> EC2.InstanceType? {
        try await types(.named(name), aws).first { $0.name == name }
    }

    /// All that are sold now for some architectures.
    func all(_ architectures: [String], _ aws: AWSClient) async throws(AWSError) -> [EC2.InstanceType] {
        try await types(.of(architectures: architectures.sorted()), aws)
    }

    private func types(_ query: Query, _ aws: AWSClient) async throws(AWSError) -> [EC2.InstanceType] {
        let key = Key(region: aws.region.name, query: query)
        let asking = Asking(account: aws.account, key: key)
        let (known, flight) = state.withLock {
            state -> ([EC2.InstanceType]?, SingleFlight<[EC2.InstanceType]>?) in
            if let entry = state.entries[key], .now - entry.readAt < Self.lifetime {
                return (entry.types, nil)
            }
            if let flight = state.flights[asking] { return (nil, flight) }
            let flight = SingleFlight { () async throws(AWSError) -> [EC2.InstanceType] in
                try await self.read(asking, aws)
            }
            state.flights[asking] = flight
            return (nil, flight)
        }
        if let known { return known }
        return try await flight?.run() ?? []
    }

    private func read(_ asking: Asking, _ aws: AWSClient) async throws(AWSError) -> [EC2.InstanceType] {
        defer { state.withLock { state in state.flights[asking] = nil } }
        let types: [EC2.InstanceType]
        switch asking.key.query {
        case .named(let name): types = try await aws.ec2.instanceTypes([name]).collect()
        case .of(let architectures):
            types = try await aws.ec2.instanceTypes(
                filters: [
                    .init("processor-info.supported-architecture", architectures),
                    .init("bare-metal", ["false"]),
                ]
            ).collect()
        }
        if !types.isEmpty { state.withLock { $0.entries[asking.key] = Entry(types: types, readAt: .now) } }
        return types
    }
}
