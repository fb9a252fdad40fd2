import FoundationEssentials
import Hummingbird

/// Ghosts and zombies on demand: `POST /sandbox/ghosts` makes a machine, `POST /sandbox/volumes` a disk, that is its
/// cluster's by its tag and serves nobody; a `GET` tells what became of them, as AWS sees it.
///
/// - `{"cluster": "sandbox-1"}` says whose it is; without it, the first cluster's.
/// - `age_minutes` is how long ago it was made: 120 unless it says otherwise.
/// - `{"auto_scaling_group": true}` makes a machine a member of the cluster's group, `size_gib` a disk that large.
struct GhostRoutes: Sendable {
    private struct Demand: Decodable {
        var cluster: String?
        var ageMinutes: Int?
        var autoScalingGroup: Bool?
        var sizeGib: Int?

        enum CodingKeys: String, CodingKey {
            case cluster
            case ageMinutes = "age_minutes"
            case autoScalingGroup = "auto_scaling_group"
            case sizeGib = "size_gib"
        }
    }

    let account: CustomerAccount
    let now: @Sendable () -> Double

    func add(to group: RouterGroup<SandboxRequestContext>) {
        add(to: group, "ghosts", isMachine: true)
        add(to: group, "volumes", isMachine: false)
    }

    private func add(to group: RouterGroup<SandboxRequestContext>, _ path: String, isMachine: Bool) {
        let one = RouterPath("\(path)/:id")
        group.post(RouterPath(path)) { request, context in
            try await make(request, context, isMachine: isMachine)
        }
        group.get(RouterPath(path)) { _, _ in
            let all = account.fleet.clusters.flatMap { $0.at(now()) { $0.orphans(machines: isMachine) } }
            let items = all.sorted { $0.record.madeAt > $1.record.madeAt }
                .map { $0.record.json(state: $0.state, withEntries: false) }
            return Response(json: JSON.array(items).bytes)
        }
        group.get(one) { _, context in
            let id = try context.parameters.require("id")
            for cluster in account.fleet.clusters where id.hasPrefix("i-") == isMachine {
                if let found = cluster.at(now(), { $0.orphan(id) }) {
                    return Response(json: found.record.json(state: found.state, withEntries: true).bytes)
                }
            }
            throw HTTPError(.notFound, message: "none that was made here has this id")
        }
    }

    private func make(_ request: Request, _ context: SandboxRequestContext, isMachine: Bool) async throws
        -> Response
    {
        let demand = try await request.decode(as: Demand.self, context: context)
        let (age, size) = (demand.ageMinutes ?? 120, demand.sizeGib ?? 20)
        guard (0...1_000_000).contains(age), (1...16_384).contains(size) else {
            throw HTTPError(
                .badRequest,
                message: "age_minutes must be from 0 to 1000000, size_gib from 1 to 16384"
            )
        }
        let cluster = account.fleet.clusters.first { cluster in
            demand.cluster == nil || demand.cluster == cluster.model.name
                || demand.cluster == "\(cluster.model.number)"
        }
        guard let cluster else { throw HTTPError(.notFound, message: "there is no such cluster") }
        let wanted = ClusterState.OrphanDemand(
            age: Double(age) * 60,
            isInGroup: demand.autoScalingGroup ?? false,
            size: size
        )
        let time = now()
        let made = cluster.at(time) { state in
            let record =
                isMachine ? state.makeGhost(wanted, at: time) : state.makeZombie(wanted, at: time)
            return record.flatMap { state.orphan($0.id) }
        }
        guard let made else { throw HTTPError(.conflict, message: "the cluster has no network") }
        return Response(
            status: .created,
            json: made.record.json(state: made.state, withEntries: true).bytes
        )
    }
}
