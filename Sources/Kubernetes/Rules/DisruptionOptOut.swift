/// A customer's wish, by annotation or label, that a pod or node be left alone.
///
/// These bind voluntary disruption only: when the instance is about to be reclaimed, an orderly stop is better
/// than none. The keys are those of the tools a cluster may have come from.
public struct DisruptionOptOut: Hashable, Sendable {
    /// The annotation or label that says so.
    public let key: String
    /// Its value.
    public let value: String

    /// Makes an opt-out.
    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    /// The first opt-out of a pod, or `nil`.
    ///
    /// `karpenter.sh/do-not-disrupt` may also be a duration counted from the pod's start; any value but `false`
    /// counts as an opt-out here, as the start isn't known for sure.
    public static func of(_ pod: Pod) -> DisruptionOptOut? {
        let metadata = pod.metadata
        return find(KnownAnnotations.karpenterDoNotDisrupt, in: metadata.annotations) { $0 != "false" }
            ?? find(KnownAnnotations.safeToEvict, in: metadata.annotations) { $0 == "false" }
            ?? find(KnownAnnotations.castRemovalDisabled, in: metadata.annotations) { $0 == "true" }
            ?? find(KnownAnnotations.castRemovalDisabled, in: metadata.labels) { $0 == "true" }
            ?? find(KnownAnnotations.spotRestrictScaleDown, in: metadata.labels) { $0 == "true" }
            ?? find(KnownAnnotations.spotRestrictScaleDown, in: metadata.annotations) { $0 == "true" }
            // The descheduler looks at the key alone.
            ?? find(KnownAnnotations.preferNoEviction, in: metadata.annotations) { _ in true }
    }

    /// The first opt-out of a node, or `nil`.
    public static func of(_ node: Node) -> DisruptionOptOut? {
        let metadata = node.metadata
        return find(KnownAnnotations.karpenterDoNotDisrupt, in: metadata.annotations) { $0 != "false" }
            ?? find(KnownAnnotations.scaleDownDisabled, in: metadata.annotations) { $0 == "true" }
            ?? find(KnownAnnotations.castRemovalDisabled, in: metadata.labels) { $0 == "true" }
            ?? find(KnownAnnotations.castRemovalDisabled, in: metadata.annotations) { $0 == "true" }
    }

    private static func find(
        _ key: String,
        in values: [String: String],
        where isOptOut: (String) -> Bool
    ) -> DisruptionOptOut? {
        guard let value = values[key], isOptOut(value) else { return nil }
        return DisruptionOptOut(key: key, value: value)
    }
}
