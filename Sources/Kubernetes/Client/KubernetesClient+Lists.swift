extension KubernetesClient {
    /// How often a list begins anew because its snapshot expired, before the call fails with `gone`.
    private static let maxRestarts = 3

    /// Every node, from one consistent snapshot.
    public func listNodes() async throws(KubernetesError) -> [Node] {
        try await list("/api/v1/nodes")
    }

    /// Every namespace.
    public func listNamespaces() async throws(KubernetesError) -> [Namespace] {
        try await list("/api/v1/namespaces")
    }

    /// Every persistent volume, from one consistent snapshot.
    public func listPersistentVolumes() async throws(KubernetesError) -> [PersistentVolume] {
        try await list("/api/v1/persistentvolumes")
    }

    /// Every class of storage.
    public func listStorageClasses() async throws(KubernetesError) -> [StorageClass] {
        try await list("/apis/storage.k8s.io/v1/storageclasses")
    }

    /// Hands over pods page by page, so that a large cluster is never held in memory.
    ///
    /// - Parameters:
    ///   - selector: Which pods; by default all.
    ///   - onRestart: Called when the snapshot expired between pages and the list begins anew: forget what has
    ///     been handed over.
    ///   - body: Called with each page, up to 500 pods. Throwing ends the list.
    /// - Throws: ``KubernetesError``, or what `body` threw.
    public func forEachPodPage(
        _ selector: PodSelector = PodSelector(),
        onRestart: () -> Void,
        _ body: ([Pod]) throws -> Void
    ) async throws {
        let path = selector.namespace.map { "/api/v1/namespaces/\($0.percentEncoded)/pods" } ?? "/api/v1/pods"
        var query: [(String, String)] = []
        if let fields = selector.fieldSelector { query.append(("fieldSelector", fields)) }
        if let labels = selector.labelSelector { query.append(("labelSelector", labels)) }
        try await forEachPage(path, query: query, onRestart: onRestart, body)
    }

    /// A whole list, in memory.
    func list<Item: Decodable & Sendable>(
        _ path: String,
        query: [(String, String)] = []
    ) async throws(KubernetesError) -> [Item] {
        var items: [Item] = []
        do {
            try await forEachPage(path, query: query, onRestart: { items = [] }, { items += $0 })
        } catch let error as KubernetesError {
            throw error
        } catch {
            preconditionFailure("only calls to the server throw here, not \(error)")
        }
        return items
    }

    /// Pages through a list by its continue token.
    ///
    /// The resource version is never sent: with the token it is an error, and without one it would allow stale
    /// answers, on which nothing may be deleted.
    private func forEachPage<Item: Decodable & Sendable>(
        _ path: String,
        query: [(String, String)] = [],
        onRestart: () -> Void,
        _ body: ([Item]) throws -> Void
    ) async throws {
        var restarts = 0
        var token: String?
        while true {
            let limit = [("limit", "\(pageLimit)")] + (token.map { [("continue", $0)] } ?? [])
            let page: ListPage<Item>
            do throws(KubernetesError) {
                page = try await Self.decode(
                    ListPage<Item>.self,
                    from: try await get(path, query: query + limit)
                )
            } catch {
                guard error.code == .gone, token != nil, restarts < Self.maxRestarts else { throw error }
                // The token that a 410 offers continues with another snapshot, in which what moved meanwhile is
                // seen twice or never.
                restarts += 1
                token = nil
                onRestart()
                continue
            }
            try body(page.items)
            guard let next = page.continueToken else { return }
            guard next != token else {
                throw KubernetesError(.invalidResponse, "the server repeats the same page", status: 200)
            }
            token = next
        }
    }
}
