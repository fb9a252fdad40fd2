/// Why a machine of a cluster that is none of its nodes is no ghost all the same.
public enum Doubt: String, Sendable, CaseIterable, Codable {
    /// It is a node, ready or not.
    case isNode = "is_node"
    /// EC2 lists it no more, or it is being terminated.
    case gone
    /// It does not run: stopped, stopping, of a warm pool.
    case notRunning = "not_running"
    /// It is being started.
    case starting
    /// It was launched a moment ago.
    case young
    /// EC2 does not say when it was launched.
    case ageUnknown = "age_unknown"
    /// Nothing proves it to be the cluster's: `shared` is no proof.
    case notProvenOwned = "not_proven_owned"
    /// A tag names another cluster as well.
    case otherClustersTag = "other_clusters_tag"
    /// It is a node of another cluster of the customer.
    case otherClustersNode = "other_clusters_node"
    /// It belongs to another account, or is in another region.
    case otherAccount = "other_account"
    /// It carries the control plane, or etcd.
    case controlPlane = "control_plane"
    /// It has another purpose: bastion, NAT, CI.
    case otherPurpose = "other_purpose"
    /// It runs Windows.
    case windows
    /// A service of AWS manages it, as EKS Auto Mode.
    case managedByService = "managed_by_service"
    /// Karpenter made it: it knows of launches that we don't, and collects its own.
    case karpenter
    /// It is in a warm pool.
    case warmPool = "warm_pool"
    /// Its group has put it on standby.
    case standby
    /// A lifecycle hook of its group, or its group itself, is at work on it.
    case lifecycleHook = "lifecycle_hook"
    /// It has the tag of a group that does not know it, or does not have the tag of its group.
    case groupUnknown = "group_unknown"
    /// It is protected: from termination, or from its group's scaling in.
    case protected
    /// It is not known whether it is protected.
    case protectionUnknown = "protection_unknown"
    /// A job of ours is about it, or has just launched it.
    case activeJob = "active_job"
    /// It was a node a short while ago: somebody may have deleted the node on purpose.
    case nodeLeftRecently = "node_left_recently"
    /// It was started anew since it was last seen.
    case relaunched
    /// Its tags were changed since it was last seen: somebody is at work on it.
    case tagsChanged = "tags_changed"
    /// Its tag says that it is to be kept.
    case keepTag = "keep_tag"
    /// Somebody said that it is to be kept.
    case keepCall = "keep_call"
    /// It has not been seen absent long enough.
    case notDue = "not_due"
}
