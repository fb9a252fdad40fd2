import AWS
import Bootstrap
import FoundationEssentials
import Jobs
import Kubernetes
import Preflight
import Store

/// `preflight`: asks the cluster and the account what the fleet may do, and keeps the answers.
///
/// Whatever cannot be asked is unknown in the report; the job succeeds all the same.
struct PreflightHandler: JobHandler {
    let access: ClusterAccess
    let customers: CustomerStore
    let sessions: CustomerSessions
    let store: PreflightStore

    func run(_ context: JobContext) async throws -> JobReport {
        // Before anything is read of it: what changes meanwhile makes the report an old one.
        var subject: String?
        if let id = context.job.clusterID { subject = try await store.subject(of: id) }
        let (cluster, client) = try await access.open(context)
        let customer = try await customers.find(cluster.customerID)
        var answers = PreflightAnswers(askedAt: context.startedAt)
        answers.tokenExpiresAt = cluster.tokenExpiresAt
        try await ask(client, of: cluster.id, until: context.deadline, &answers)
        let account = customer.map { customer in
            AccountQuestions(
                cluster: cluster,
                customer: customer,
                sessions: sessions,
                name: "preflight-\(context.job.id.text.suffix(12))",
                deadline: context.deadline.map { $0 - .seconds(5) }
            )
        }
        try await account?.ask(&answers)
        // A customer has none, or none that can be used.
        let queueARN = customer.flatMap { try? sessions.queue(of: $0).url.arn }
        let places = IAMPlaces(cluster, of: customer, queueARN: queueARN)
        return try await keep(PreflightReport(answers, places: places), of: cluster.id, subject, context)
    }

    private func ask(
        _ client: KubernetesClient,
        of id: UUID,
        until deadline: ContinuousClock.Instant?,
        _ answers: inout PreflightAnswers
    ) async throws {
        // Half of the time: AWS has to be asked, too, if the cluster is not reached.
        let half = deadline.map { end in ContinuousClock.now + (end - .now) / 2 }
        let permissions = Set(JobNeeds.types.flatMap { JobNeeds.of($0).kubernetes }.map(\.subject))
        let questions = ClusterQuestions(client: half.map(client.until) ?? client, permissions: permissions)
        do throws(KubernetesError) {
            try await questions.ask(&answers)
        } catch {
            // A refused token is noted with the cluster, as by every job.
            let failure = try await access.failure(error, of: id, manifest: "observe.yaml")
            let reason = "\(failure.code): \(failure.message)"
            switch error.code {
            case .unauthorized, .signInRefused: answers.apiServer = .denied(reason)
            case .forbidden:
                answers.areReviewsRefused = true
                answers.apiServer = .unknown("our account may not ask what it may do: \(error.message)")
            default: answers.apiServer = .unknown(reason)
            }
            for permission in permissions { answers.kubernetes[permission] = answers.apiServer }
        }
    }

    private func keep(
        _ report: PreflightReport,
        of id: UUID,
        _ subject: String?,
        _ context: JobContext
    ) async throws -> JobReport {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let record = PreflightRecord(
            clusterID: id,
            jobID: context.job.id,
            askedAt: context.startedAt,
            verdict: report.verdict.rawValue,
            report: Array(try encoder.encode(report)),
            subject: subject
        )
        let isKept = try await store.keep(record)
        var logs = ["verdict: \(report.verdict.rawValue)"]
        logs += report.jobTypes.filter(\.isServed).map { "\($0.type): \($0.possibility.rawValue)" }
        logs += report.findings.map { "\($0.severity.rawValue): \($0.message)" }
        logs += report.fixes.map { "something is missing of \($0.file)" }
        if !isKept { logs.append("the report was not kept: a later one is there, or the cluster is gone") }
        return JobReport(logs: logs, metadata: Self.summary(report))
    }

    /// For the outcome; the whole is kept with the cluster.
    private static func summary(_ report: PreflightReport) -> JSONValue {
        let types = report.jobTypes.map { ($0.type, JSONValue.string($0.possibility.rawValue)) }
        return .object([
            "verdict": .string(report.verdict.rawValue),
            "job_types": .object(Dictionary(types) { first, _ in first }),
            "findings": .array(report.findings.map { .string($0.code) }),
            "fixes": .array(report.fixes.map { .string($0.file) }),
        ])
    }
}
