import Hummingbird

/// What a request carries besides itself.
struct SandboxRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The cluster that the path names, once it was let in.
    var cluster: SimulatedCluster?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }

    func requireCluster() throws -> SimulatedCluster {
        guard let cluster else { throw KubernetesStatus.notFound }
        return cluster
    }
}
