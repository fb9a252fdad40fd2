extension EC2 {
    /// A call that changes something.
    public enum Mutation: Sendable {
        /// Launches instances of one type in one zone.
        case runInstances(RunInstances)
        /// Launches instances of any of several types and zones.
        case createFleet(CreateFleet)
        /// Terminates instances for good.
        case terminateInstances([String])
        /// Adds tags to resources.
        case createTags([AWSTag], resources: [String])
        /// Removes tags, whatever their values.
        case deleteTags([String], resources: [String])
        /// Copies a volume to a snapshot.
        case createSnapshot(CreateSnapshot)
        /// Deletes a volume that isn't attached.
        case deleteVolume(String)

        var action: String {
            switch self {
            case .runInstances: "RunInstances"
            case .createFleet: "CreateFleet"
            case .terminateInstances: "TerminateInstances"
            case .createTags: "CreateTags"
            case .deleteTags: "DeleteTags"
            case .createSnapshot: "CreateSnapshot"
            case .deleteVolume: "DeleteVolume"
            }
        }

        /// Whether doing it twice does no more than once.
        ///
        /// Launches carry a token, which EC2 answers with the same machine. Who launches can look whether the machine is
        /// there, which is surer, and has to: so an unanswered launch is not repeated here.
        var isRepeatable: Bool {
            switch self {
            case .runInstances, .createFleet, .createSnapshot: false
            case .terminateInstances, .createTags, .deleteTags, .deleteVolume: true
            }
        }

        func parameters(isDryRun: Bool) -> QueryParameters {
            var parameters = QueryParameters()
            switch self {
            case .runInstances(let request): request.add(to: &parameters, isDryRun: isDryRun)
            case .createFleet(let request): request.add(to: &parameters, isDryRun: isDryRun)
            case .terminateInstances(let ids): parameters.set("InstanceId", ids)
            case .createTags(let tags, let resources):
                parameters.set("ResourceId", resources)
                parameters.set("Tag", tags) { parameters, prefix, tag in
                    parameters.set("\(prefix)Key", tag.key)
                    parameters.set("\(prefix)Value", tag.value)
                }
            case .deleteTags(let keys, let resources):
                parameters.set("ResourceId", resources)
                parameters.set("Tag", keys) { parameters, prefix, key in
                    parameters.set("\(prefix)Key", key)
                }
            case .createSnapshot(let request): request.add(to: &parameters)
            case .deleteVolume(let id): parameters.set("VolumeId", id)
            }
            if isDryRun { parameters.set("DryRun", true) }
            return parameters
        }
    }

    /// Whether a call would be allowed, without making it.
    ///
    /// - Throws: ``AWSError``; `accessDenied` when the role lacks a permission, other codes when the call
    ///   would fail for another reason.
    public func dryRun(_ mutation: Mutation) async throws(AWSError) {
        try await dryRun(mutation.action, mutation.parameters(isDryRun: true))
    }

    /// Whether the service takes notice of `DryRun` at all, tried with a call that does no harm if it does not.
    ///
    /// - Throws: ``AWSError``; `invalidResponse` when it takes none.
    public func dryRunOfLooking() async throws(AWSError) {
        var parameters = QueryParameters()
        parameters.set("MaxResults", 5)
        parameters.set("DryRun", true)
        try await dryRun("DescribeInstances", parameters)
    }

    private func dryRun(_ action: String, _ parameters: QueryParameters) async throws(AWSError) {
        do throws(AWSError) {
            _ = try await client.query(.ec2, action, parameters)
        } catch {
            // How EC2 says yes.
            if error.rawCode == "DryRunOperation" { return }
            throw error
        }
        throw AWSError(
            .invalidResponse,
            "the service did not treat the call as a trial",
            status: 200,
            action: "ec2:\(action)",
            mayHaveHappened: true
        )
    }

    func perform(_ mutation: Mutation) async throws(AWSError) -> XMLElement {
        try await client.query(
            .ec2,
            mutation.action,
            mutation.parameters(isDryRun: false),
            isRepeatable: mutation.isRepeatable
        )
    }

    /// Launches instances of one type in one zone.
    ///
    /// The same token gives the same instances again, also when they have been terminated meanwhile: look at
    /// the state.
    ///
    /// - Throws: ``AWSError``; `insufficientCapacity` when that one pool is dry.
    public func runInstances(_ request: RunInstances) async throws(AWSError) -> [Instance] {
        let root = try await perform(.runInstances(request))
        let owner = root.string("ownerId")
        return try root.map("instancesSet") { xml throws(AWSError) in try Instance(xml, owner: owner) }
    }

    /// Launches instances of any of several types and zones.
    ///
    /// - Returns: What was launched and what wasn't: having launched nothing is not an error of the call.
    public func createFleet(_ request: CreateFleet) async throws(AWSError) -> FleetResult {
        try FleetResult(try await perform(.createFleet(request)))
    }

    /// Terminates instances for good, all or none of a zone.
    ///
    /// One unknown id, or in a zone one that is protected, keeps the others running: pass one id where that
    /// matters. Terminating again does no harm.
    public func terminateInstances(_ ids: [String]) async throws(AWSError) -> [InstanceStateChange] {
        guard !ids.isEmpty else { return [] }
        return try await perform(.terminateInstances(ids)).map("instancesSet") { xml throws(AWSError) in
            try InstanceStateChange(xml)
        }
    }

    /// Adds tags to resources, or gives them other values.
    public func createTags(_ tags: [AWSTag], on resources: [String]) async throws(AWSError) {
        guard !tags.isEmpty, !resources.isEmpty else { return }
        _ = try await perform(.createTags(tags, resources: resources))
    }

    /// Removes tags of resources, whatever their values.
    public func deleteTags(_ keys: [String], on resources: [String]) async throws(AWSError) {
        // Without keys EC2 would delete every tag.
        guard !keys.isEmpty, !resources.isEmpty else { return }
        _ = try await perform(.deleteTags(keys, resources: resources))
    }
}
