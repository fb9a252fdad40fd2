/// The annotations that are read from nodes and pods.
enum KnownAnnotations {
    static let karpenterDoNotDisrupt = "karpenter.sh/do-not-disrupt"
    static let safeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict"
    static let castRemovalDisabled = "autoscaling.cast.ai/removal-disabled"
    static let spotRestrictScaleDown = "spotinst.io/restrict-scale-down"
    static let preferNoEviction = "descheduler.alpha.kubernetes.io/prefer-no-eviction"
    static let podDeletionCost = "controller.kubernetes.io/pod-deletion-cost"
    static let scaleDownDisabled = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
    static let mirror = "kubernetes.io/config.mirror"

    static let all = [
        karpenterDoNotDisrupt, safeToEvict, castRemovalDisabled, spotRestrictScaleDown, preferNoEviction,
        podDeletionCost, scaleDownDisabled, mirror,
    ]
}
