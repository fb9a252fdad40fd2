import Jobs

extension PreflightReport {
    /// Judges answers.
    ///
    /// - Parameters:
    ///   - answers: What was answered; what is missing counts as unknown.
    ///   - places: What policies name.
    public init(_ answers: PreflightAnswers, places: IAMPlaces) {
        let types = JobNeeds.types.map { ($0, JobNeeds.of($0)) }
        checks = Self.circumstances(answers) + Self.checks(answers, types)
        jobTypes = types.map { type, needs in Self.verdict(type, needs, answers) }
        findings = Self.findings(answers, places)
        fixes = Self.fixes(answers, places)
        kubernetesVersion = answers.version
        verdict = Self.verdict(jobTypes.filter(\.isServed), findings, answers)
    }

    private static func circumstances(_ answers: PreflightAnswers) -> [Check] {
        [
            ("cluster:reachable", answers.apiServer), ("aws:role", answers.role),
            ("aws:external_id", answers.externalID), ("aws:queue", answers.queue),
        ].map { id, result in Check(id: id, answer: result.answer, reason: result.reason, neededBy: []) }
    }

    private static func checks(_ answers: PreflightAnswers, _ types: [(JobType, JobNeeds)]) -> [Check] {
        var needed: [KubernetesPermission: Set<String>] = [:]
        var called: [AWSAction: Set<String>] = [:]
        for (type, needs) in types {
            for need in needs.kubernetes { needed[need.subject, default: []].insert(type.rawValue) }
            for need in needs.aws { called[need.subject, default: []].insert(type.rawValue) }
        }
        return needed.sorted { $0.key < $1.key }.map { permission, types in
            let result = answers[permission]
            return Check(
                id: permission.id,
                answer: result.answer,
                reason: result.reason,
                neededBy: types.sorted()
            )
        }
            + called.sorted { $0.key < $1.key }.map { action, types in
                let result = answers[action]
                return Check(
                    id: action.id,
                    answer: result.answer,
                    reason: result.reason,
                    neededBy: types.sorted()
                )
            }
    }

    // MARK: - Types

    private static func verdict(_ type: JobType, _ needs: JobNeeds, _ answers: PreflightAnswers)
        -> JobTypeVerdict
    {
        let all =
            needs.kubernetes.map { (id: $0.subject.id, answer: answers[$0.subject].answer, $0.otherwise) }
            + needs.aws.map { (id: $0.subject.id, answer: answers[$0.subject].answer, $0.otherwise) }
        let lacking = all.filter { $0.answer != .allowed }
        let essential = lacking.filter { $0.2 == nil }
        let isDenied = essential.contains { $0.answer == .denied }
        return JobTypeVerdict(
            type: type.rawValue,
            isServed: JobCatalogue.defaults(of: type).isServed,
            possibility: isDenied ? .impossible : essential.isEmpty ? .possible : .unknown,
            missing: essential.map(\.id),
            limits: Dictionary(grouping: lacking.filter { $0.2 != nil }) { $0.2 ?? "" }
                .sorted { $0.key < $1.key }
                .map { effect, needs in
                    Limit(
                        answer: needs.contains { $0.answer == .denied } ? .denied : .unknown,
                        effect: effect,
                        missing: needs.map(\.id)
                    )
                }
        )
    }

    private static func verdict(
        _ types: [JobTypeVerdict],
        _ findings: [Finding],
        _ answers: PreflightAnswers
    ) -> Verdict {
        let possible = types.filter { $0.possibility == .possible }
        if possible.isEmpty { return types.contains { $0.possibility == .unknown } ? .unknown : .blocked }
        let isWhole =
            possible.count == types.count
            && possible.allSatisfy { $0.limits.allSatisfy { $0.answer != .denied } }
            && answers.queue.answer == .allowed
        return isWhole && !findings.contains { $0.severity == .high } ? .ready : .limited
    }

    // MARK: - Fixes

    /// What to add; nothing on a side that does not let us in, as it was not asked what it grants.
    private static func fixes(_ answers: PreflightAnswers, _ places: IAMPlaces) -> [Fix] {
        (answers.apiServer.answer == .allowed ? rules(answers) : [])
            + (answers.role.answer == .allowed ? statements(answers, places) : [])
    }

    private static func rules(_ answers: PreflightAnswers) -> [Fix] {
        KubernetesLevel.allCases.compactMap { level in
            let missing = JobNeeds.permissions(of: level).filter { answers[$0].answer == .denied }.sorted()
            guard !missing.isEmpty else { return nil }
            return Fix(
                side: "kubernetes",
                level: level.rawValue,
                file: "ops/rbac/\(level.manifest)",
                missing: missing.map(\.id),
                text: ManifestRule.yaml(missing)
            )
        }
    }

    private static func statements(_ answers: PreflightAnswers, _ places: IAMPlaces) -> [Fix] {
        let policy = IAMPolicy(places)
        return AWSLevel.allCases.compactMap { level in
            let missing = JobNeeds.actions(of: level).filter { answers[$0].answer == .denied }
            // A queue that nobody registered is no lack of the role's.
            guard !missing.isEmpty, level != .queue || answers.isQueueRegistered else { return nil }
            return Fix(
                side: "aws",
                level: level.rawValue,
                file: "ops/iam/\(level.policy)",
                missing: missing.sorted().map(\.id),
                text: IAMPolicy.json(policy.statements(level, allowing: missing))
            )
        }
    }
}

extension PreflightAnswers {
    fileprivate subscript(permission: KubernetesPermission) -> CheckResult {
        kubernetes[permission] ?? .unknown(Self.unasked)
    }

    fileprivate subscript(action: AWSAction) -> CheckResult { aws[action] ?? .unknown(Self.unasked) }
}
