/// The annotations that are read from nodes and pods.
package enum KnownAnnotations {
    package static let karpenterDoNotDisrupt = "karpenter.sh/do-not-disrupt"
    package static let safeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict"
    package static let safeToEvictLocalVolumes =
        "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
    package static let castRemovalDisabled = "autoscaling.cast.ai/removal-disabled"
    package static let spotRestrictScaleDown = "spotinst.io/restrict-scale-down"
    package static let preferNoEviction = "descheduler.alpha.kubernetes.io/prefer-no-eviction"
    package static let podDeletionCost = "controller.kubernetes.io/pod-deletion-cost"
    package static let scaleDownDisabled = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
    package static let mirror = "kubernetes.io/config.mirror"
    package static let cordonedBy = "cloudoptim.io/cordoned-by"

    package static let all = [
        karpenterDoNotDisrupt, safeToEvict, castRemovalDisabled, spotRestrictScaleDown, preferNoEviction,
        podDeletionCost, scaleDownDisabled, mirror, safeToEvictLocalVolumes, cordonedBy,
    ]
}
