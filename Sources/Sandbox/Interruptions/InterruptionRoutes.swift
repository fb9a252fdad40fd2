import FoundationEssentials
import Hummingbird

/// Interruptions on demand: `POST /sandbox/interruptions`, and what became of each.
///
/// - `{"cluster": "sandbox-1"}` interrupts a machine of the cluster, `{"instance": "i-…"}` that one.
/// - `seconds` is how long until the machine is taken: 120 as AWS gives, unless it says otherwise.
/// - `copies` is how often the event comes: EventBridge promises at least once.
struct InterruptionRoutes: Sendable {
    private struct Demand: Decodable {
        var cluster: String?
        var instance: String?
        var seconds: Int?
        var copies: Int?
    }

    let account: CustomerAccount
    let now: @Sendable () -> Double

    func add(to group: RouterGroup<SandboxRequestContext>) {
        group.post("interruptions", use: interrupt)
        group.get("interruptions") { _, _ in
            let all = account.fleet.clusters.flatMap { $0.at(now()) { $0.interruptions.all } }
            let items = all.sorted { $0.warnedAt > $1.warnedAt }.map { $0.json(withEntries: false) }
            return Response(json: JSON.array(items).bytes)
        }
        group.get("interruptions/:id") { _, context in
            let id = try context.parameters.require("id")
            for cluster in account.fleet.clusters {
                if let record = cluster.at(now(), { $0.interruptions.record(id) }) {
                    return Response(json: record.json(withEntries: true).bytes)
                }
            }
            throw HTTPError(.notFound, message: "no such interruption")
        }
    }

    @Sendable private func interrupt(_ request: Request, _ context: SandboxRequestContext) async throws
        -> Response
    {
        let demand = try await request.decode(as: Demand.self, context: context)
        let seconds = demand.seconds ?? 120
        let copies = demand.copies ?? 1
        guard (0...86_400).contains(seconds), (1...10).contains(copies) else {
            throw HTTPError(.badRequest, message: "seconds must be from 0 to 86400, copies from 1 to 10")
        }
        let time = now()
        for cluster in account.fleet.clusters
        where demand.cluster == nil || demand.cluster == cluster.model.name
            || demand.cluster == "\(cluster.model.number)"
        {
            let found = cluster.at(time) { state in
                state.interrupt(.init(instance: demand.instance, seconds: seconds), at: time)
            }
            guard let found else { continue }
            let warning = SpotWarning(interruption: found, account: CustomerAccount.id)
            for _ in 0..<copies { _ = account.queue.send(warning.body, at: time) }
            return Response(status: .created, json: found.json(withEntries: true).bytes)
        }
        throw HTTPError(
            .conflict,
            message: "there is no such running spot machine that is not announced already"
        )
    }
}
