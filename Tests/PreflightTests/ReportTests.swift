import FoundationEssentials
import Jobs
import Preflight
import Testing

@Suite("Preflight reports") struct ReportTests {
    @Test func isReadyWhenEverythingIsAllowed() {
        let report = PreflightAnswers.good.report
        #expect(report.verdict == .ready)
        #expect(report.jobTypes.allSatisfy { $0.possibility == .possible && $0.missing.isEmpty })
        #expect(report.findings.isEmpty && report.fixes.isEmpty)
        #expect(Set(report.jobTypes.map(\.type)) == Set(JobNeeds.types.map(\.rawValue)))
    }

    @Test func whatWasNotAskedIsUnknownAndNeverAllowed() {
        let report = PreflightAnswers(askedAt: PreflightAnswers.now).report
        #expect(report.verdict == .unknown)
        #expect(report.checks.allSatisfy { $0.answer == .unknown && $0.reason != nil })
        #expect(report.jobTypes.allSatisfy { $0.possibility == .unknown })
        #expect(report.fixes.isEmpty)
    }

    /// Each essential permission alone: denied makes its types impossible, unknown makes them unknown.
    @Test(arguments: JobNeeds.types) func oneMissingPermissionDecides(_ type: JobType) throws {
        for need in JobNeeds.of(type).kubernetes {
            for result in [CheckResult.denied("no"), .unknown("?")] {
                var answers = PreflightAnswers.good
                answers.kubernetes[need.subject] = result
                let verdict = try #require(answers.report.jobTypes.first { $0.type == type.rawValue })
                guard need.otherwise == nil else {
                    #expect(verdict.possibility == .possible && verdict.missing.isEmpty)
                    #expect(verdict.limits.map(\.answer) == [result.answer])
                    continue
                }
                #expect(verdict.possibility == (result.answer == .denied ? .impossible : .unknown))
                #expect(verdict.missing == [need.subject.id])
            }
        }
        for need in JobNeeds.of(type).aws where need.otherwise == nil {
            var answers = PreflightAnswers.good
            answers.aws[need.subject] = .unknown("?")
            #expect(answers.report.possibility(type.rawValue) == .unknown)
            answers.aws[need.subject] = .denied("no")
            #expect(answers.report.possibility(type.rawValue) == .impossible)
        }
    }

    @Test func namesTheRuleThatIsMissing() throws {
        var answers = PreflightAnswers.good
        answers.kubernetes[KubernetesPermission("create", "pods/eviction")] = .denied("no")
        answers.kubernetes[KubernetesPermission("patch", "nodes")] = .denied("no")
        let report = answers.report
        let fix = try #require(report.fixes.first)
        #expect(report.fixes.count == 1 && fix.file == "ops/rbac/drain.yaml" && report.verdict == .limited)
        #expect(
            fix.text == """
                - apiGroups: [""]
                  resources: [nodes]
                  verbs: [patch]
                - apiGroups: [""]
                  resources: [pods/eviction]
                  verbs: [create]
                """
        )
        #expect(report.possibility("collect-metrics") == .possible)
        #expect(report.possibility("drain-node") == .impossible)
    }

    @Test func namesTheStatementThatIsMissing() throws {
        var answers = PreflightAnswers.good
        answers.aws[.deleteVolume] = .denied("no")
        let places = IAMPlaces(region: "eu-central-1", account: "123456789012", clusterName: "shop")
        let fix = try #require(PreflightReport(answers, places: places).fixes.first)
        #expect(fix.file == "ops/iam/ghosts.json")
        let statements = try JSONDecoder().decode([IAMStatement].self, from: Data(fix.text.utf8))
        #expect(statements.count == 1 && statements[0].Action == ["ec2:DeleteVolume"])
        #expect(statements[0].Resource == ["arn:aws:ec2:eu-central-1:123456789012:volume/*"])
        #expect(
            statements[0].Condition
                == ["StringEquals": ["aws:ResourceTag/kubernetes.io/cluster/shop": ["owned"]]]
        )
    }

    @Test func aRoleForEverybodyIsGrave() throws {
        var answers = PreflightAnswers.good
        answers.externalID = .denied("taken on without")
        let report = PreflightReport(answers, places: IAMPlaces(externalID: "customer-7"))
        let finding = try #require(report.findings.first)
        #expect(finding.code == "confused_deputy" && finding.severity == .high)
        #expect(
            finding.fix?.contains("sts:ExternalId") == true && finding.fix?.contains("customer-7") == true
        )
        #expect(report.verdict == .limited)
        // Not knowing is no finding, and no clean bill either.
        answers.externalID = .unknown("?")
        #expect(answers.report.checks.first { $0.id == "aws:external_id" }?.answer == .unknown)
    }

    @Test(
        arguments: [
            (-1.0, "token_ended"), (86_400.0 * 13, "token_ends_soon"), (86_400.0 * 15, nil),
        ] as [(Double, String?)]
    )
    func tellsOfTokensThatEnd(_ seconds: Double, _ code: String?) {
        var answers = PreflightAnswers.good
        answers.tokenExpiresAt = PreflightAnswers.now.addingTimeInterval(seconds)
        #expect(answers.report.findings.first?.code == code)
    }

    @Test(
        arguments: [
            (20.0, nil), (-60.0, .warning), (300.0, .high),
        ] as [(Double, PreflightReport.Finding.Severity?)]
    )
    func tellsOfClocks(_ skew: Double, _ severity: PreflightReport.Finding.Severity?) {
        var answers = PreflightAnswers.good
        answers.clockSkew = skew
        #expect(answers.report.findings.first?.severity == severity)
    }

    @Test(
        arguments: [
            (nil, "queue_gets_no_events"),
            (#"{"Statement":[]}"#, "queue_gets_no_events"),
            ("not JSON", "queue_gets_no_events"),
            (
                #"{"Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage"}}"#,
                "queue_open"
            ),
            (
                #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":["SQS:*"],"Condition":{"StringNotEquals":{"aws:SourceAccount":"1"}}}]}"#,
                "queue_open"
            ),
            (IAMPolicy.json(IAMPolicy(IAMPlaces(account: "1")).queue), nil),
        ] as [(String?, String?)]
    )
    func tellsWhoMaySendEvents(_ policy: String?, _ code: String?) {
        var answers = PreflightAnswers.good
        answers.queueSettings = QueueSettings(retentionSeconds: 345_600, policy: policy)
        #expect(answers.report.findings.first?.code == code)
        answers.queueSettings?.retentionSeconds = 60
        #expect(answers.report.findings.contains { $0.code == "queue_retention_short" })
    }

    /// What a side that does not let us in would grant was not asked: only the way in is named.
    @Test func aSideThatDoesNotLetUsInGetsNoRules() {
        var answers = PreflightAnswers.good
        answers.apiServer = .denied("401")
        answers.role = .denied("no")
        for permission in answers.kubernetes.keys { answers.kubernetes[permission] = .denied("401") }
        for action in AWSAction.allCases { answers.aws[action] = .denied("no") }
        let report = answers.report
        #expect(report.verdict == .blocked && report.fixes.isEmpty)
        #expect(report.findings.map(\.code) == ["cluster_unusable", "role_refused"])
        #expect(report.findings.last?.fix?.contains("sts:ExternalId") == true)
    }

    @Test func tellsOfRolesThatAreMissingOrUnknown() {
        var answers = PreflightAnswers.good
        answers.role = .unknown("STS was not reached")
        #expect(answers.report.findings.map(\.code) == ["role_unknown"])
        answers.role = .denied("the customer has no aws_role_arn")
        answers.isRoleRegistered = false
        #expect(answers.report.findings.map(\.code) == ["role_missing"])
        #expect(answers.report.findings.first?.severity == .note)
    }

    @Test func tellsOfQueuesThatAreMissingOrUnusable() {
        var answers = PreflightAnswers.good
        for result in [CheckResult.denied("no such queue"), .unknown("not reached")] {
            answers.queue = result
            #expect(answers.report.findings.map(\.code) == ["queue_unusable"])
            #expect(answers.report.verdict == .limited)
        }
        answers.isQueueRegistered = false
        answers.aws[.receiveMessage] = .denied("the customer has no sqs_queue_url")
        #expect(answers.report.findings.map(\.code) == ["queue_missing"])
        #expect(answers.report.fixes.isEmpty && answers.report.verdict == .limited)
    }

    @Test func tellsWhenNobodyMayAskWhatItMayDo() throws {
        var answers = PreflightAnswers.good
        answers.apiServer = .unknown("forbidden")
        answers.areReviewsRefused = true
        for permission in answers.kubernetes.keys { answers.kubernetes[permission] = .unknown("forbidden") }
        let report = answers.report
        let finding = try #require(report.findings.first)
        #expect(finding.code == "reviews_refused")
        #expect(finding.fix?.contains("resources: [selfsubjectaccessreviews]") == true)
        #expect(report.jobTypes.allSatisfy { $0.possibility != .possible } && report.fixes.isEmpty)
    }

    @Test func staysSmallWhateverOthersAnswer() throws {
        let long = String(repeating: "x", count: 1 << 20)
        var answers = PreflightAnswers(askedAt: PreflightAnswers.now)
        for permission in PreflightAnswers.good.kubernetes.keys {
            answers.kubernetes[permission] = .denied(long)
        }
        for action in AWSAction.allCases { answers.aws[action] = .unknown(long) }
        answers.apiServer = .unknown(long)
        #expect(try JSONEncoder().encode(answers.report).count < 100_000)
    }
}
