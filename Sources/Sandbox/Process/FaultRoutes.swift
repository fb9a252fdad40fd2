import Hummingbird

/// Faults on demand, for demonstrations and tests: `POST /sandbox/clusters/<n>/fault` with `{"kind": …}`.
///
/// Not guarded by a token: the sandbox listens on loopback only, and all it holds is made up.
struct FaultRoutes: Sendable {
    private struct Demand: Codable {
        var kind: SimulatedCluster.Fault
    }

    let fleet: Fleet

    func add(to group: RouterGroup<SandboxRequestContext>) {
        group.post("clusters/:cluster/fault") { request, context in
            let cluster = try cluster(context)
            cluster.fault = try await request.decode(as: Demand.self, context: context).kind
            return answer(cluster)
        }
        group.get("clusters/:cluster/fault") { _, context in answer(try cluster(context)) }
    }

    private func cluster(_ context: SandboxRequestContext) throws -> SimulatedCluster {
        guard let cluster = fleet.cluster(context.parameters.get("cluster")) else {
            throw HTTPError(.notFound)
        }
        return cluster
    }

    private func answer(_ cluster: SimulatedCluster) -> Response {
        let body: JSON = ["cluster": .string(cluster.model.name), "kind": .string(cluster.fault.rawValue)]
        return Response(json: body.bytes)
    }
}
