/// Who keeps a workload as it is declared somewhere else, and would undo a change of it.
public enum DeclarativeOwner: String, Sendable, CaseIterable {
    /// Argo CD.
    case argo = "Argo CD"
    /// Flux.
    case flux = "Flux"
    /// Helm: not at once, but with the next upgrade.
    case helm = "Helm"

    /// Finds them by the marks they leave.
    ///
    /// - Parameters:
    ///   - labels: The object's.
    ///   - annotationKeys: Of all of its annotations.
    ///   - fieldManagers: Who wrote which fields, by `metadata.managedFields`.
    /// - Returns: Each at most once, in the order of the cases.
    public static func of(
        labels: [String: String],
        annotationKeys: [String],
        fieldManagers: [String]
    ) -> [DeclarativeOwner] {
        let keys = annotationKeys + labels.keys
        var found: Set<DeclarativeOwner> = []
        if keys.contains(where: { $0.hasPrefix("argocd.argoproj.io/") })
            || fieldManagers.contains(where: { $0.hasPrefix("argocd") })
        {
            found.insert(.argo)
        }
        if keys.contains(where: { $0.split(separator: "/")[0].hasSuffix(".toolkit.fluxcd.io") })
            || fieldManagers.contains(where: { ["kustomize-controller", "helm-controller"].contains($0) })
        {
            found.insert(.flux)
        }
        if labels["app.kubernetes.io/managed-by"] == "Helm" { found.insert(.helm) }
        return allCases.filter(found.contains)
    }
}

extension KubernetesClient {
    /// Who would undo a change of a workload.
    ///
    /// - Throws: ``KubernetesError/Code/notFound`` if there is no such workload.
    public func declarativeOwners(
        of workload: WorkloadReference
    ) async throws(KubernetesError) -> [DeclarativeOwner] {
        let marks = try await Self.decode(OwnerMarks.self, from: try await get(workload.path)).metadata
        return DeclarativeOwner.of(
            labels: marks.labels ?? [:],
            annotationKeys: marks.annotations.map { Array($0.keys) } ?? [],
            fieldManagers: (marks.managedFields ?? []).compactMap(\.manager)
        )
    }
}

private struct OwnerMarks: Decodable, Sendable {
    struct Metadata: Decodable, Sendable {
        let labels: [String: String]?
        let annotations: [String: String]?
        let managedFields: [FieldManager]?
    }

    struct FieldManager: Decodable, Sendable {
        let manager: String?
    }

    let metadata: Metadata
}
