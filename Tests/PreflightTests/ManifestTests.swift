import FoundationEssentials
import Preflight
import Testing

/// The files that customers apply say what the code says.
@Suite("Manifests and policies") struct ManifestTests {
    private static func file(_ path: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return String(decoding: try Data(contentsOf: URL(filePath: "/\(root)/\(path)")), as: UTF8.self)
    }

    @Test(arguments: KubernetesLevel.allCases)
    func manifestsGrantWhatTheirJobsNeedAndNothingMore(_ level: KubernetesLevel) throws {
        let granted = try Self.permissions(in: try Self.file("ops/rbac/\(level.manifest)"))
        let needed = JobNeeds.permissions(of: level)
        #expect(granted.subtracting(needed).sorted() == [], "granted, but not needed")
        #expect(needed.subtracting(granted).sorted() == [], "needed, but not granted")
    }

    @Test(arguments: AWSLevel.allCases)
    func policiesAreThoseOfTheCode(_ level: AWSLevel) throws {
        let document = try Self.document(level.policy)
        #expect(document == IAMPolicy(IAMPlaces()).document(level))
        let granted = Set(document.Statement.flatMap(\.Action))
        #expect(granted == Set(JobNeeds.actions(of: level).map(\.rawValue)))
        #expect(Set(document.Statement.map(\.Sid)).count == document.Statement.count)
    }

    @Test func everyActionIsOfALevel() {
        #expect(Set(AWSLevel.allCases.flatMap { JobNeeds.actions(of: $0) }) == Set(AWSAction.allCases))
    }

    /// What ends or changes something that is there asks for the cluster's tag, whatever else is written.
    @Test func nothingIsEndedWithoutTheTag() throws {
        let tag = "kubernetes.io/cluster/<CLUSTER_NAME>"
        var seen: Set<String> = []
        for level in AWSLevel.allCases {
            for statement in try Self.document(level.policy).Statement {
                let equal = statement.Condition?["StringEquals"] ?? [:]
                for action in statement.Action {
                    seen.insert(action)
                    switch action {
                    case "ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:DeleteTags":
                        #expect(equal["aws:ResourceTag/\(tag)"] == ["owned"], "\(action)")
                    case "autoscaling:TerminateInstanceInAutoScalingGroup":
                        #expect(equal["autoscaling:ResourceTag/\(tag)"] == ["owned"])
                    case "ec2:CreateTags":
                        #expect(
                            equal["ec2:CreateAction"] != nil || equal["aws:ResourceTag/\(tag)"] == ["owned"]
                        )
                    case "ec2:RunInstances", "ec2:CreateFleet":
                        let makesMachines =
                            statement.Resource?.contains { $0.hasSuffix(":instance/*") } == true
                        #expect(!makesMachines || equal["aws:RequestTag/\(tag)"] == ["owned"])
                        #expect(statement.Resource?.contains("*") == false)
                    case "iam:PassRole":
                        #expect(equal["iam:PassedToService"] == ["ec2.amazonaws.com"])
                        #expect(statement.Resource == ["<NODE_ROLE_ARN>"])
                    default: break
                    }
                }
            }
        }
        #expect(seen == Set(AWSAction.allCases.map(\.rawValue)))
    }

    @Test func theRoleAsksForTheExternalID() throws {
        #expect(try Self.document("trust.json") == IAMPolicy(IAMPlaces()).trust)
        #expect(try Self.document("queue-policy.json") == IAMPolicy(IAMPlaces()).queue)
    }

    // MARK: - Reading

    private static func document(_ name: String) throws -> IAMDocument {
        try JSONDecoder().decode(IAMDocument.self, from: Data(try file("ops/iam/\(name)").utf8))
    }

    /// The permissions of the rules in a manifest, as far as ours use YAML; whatever else is there is an error.
    private static func permissions(in text: String) throws -> Set<KubernetesPermission> {
        let role = try #require(text.split(separator: "\n---\n").first { $0.contains("kind: ClusterRole\n") })
        let rules = try #require(role.split(separator: "\nrules:\n", maxSplits: 1).last)
        var lists: [(key: String, items: [String])] = []
        for line in rules.split(separator: "\n") {
            let words = line.drop { $0 == " " || $0 == "-" }
            if words.hasPrefix("#") { continue }
            if let colon = words.firstIndex(of: ":") {
                let rest = words[words.index(after: colon)...].filter { !" []\"".contains($0) }
                let items = rest.split(separator: ",").map(String.init)
                let isFlow = words.contains("[")
                lists.append((String(words[..<colon]), isFlow && items.isEmpty ? [""] : items))
            } else {
                lists[lists.endIndex - 1].items.append(String(words))
            }
        }
        var permissions: Set<KubernetesPermission> = []
        try #require(lists.count.isMultiple(of: 3) && !lists.isEmpty)
        for start in stride(from: 0, to: lists.count, by: 3) {
            let rule = lists[start..<start + 3]
            try #require(rule.map(\.key) == ["apiGroups", "resources", "verbs"])
            for group in lists[start].items {
                for resource in lists[start + 1].items {
                    for verb in lists[start + 2].items {
                        permissions.insert(KubernetesPermission(verb, resource, group: group))
                    }
                }
            }
        }
        return permissions
    }
}
