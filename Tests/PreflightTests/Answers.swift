import FoundationEssentials
import Preflight

extension PreflightAnswers {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    /// Everything is allowed.
    static var good: PreflightAnswers {
        var answers = PreflightAnswers(askedAt: now)
        for level in KubernetesLevel.allCases {
            for permission in JobNeeds.permissions(of: level) { answers.kubernetes[permission] = .allowed }
        }
        for action in AWSAction.allCases { answers.aws[action] = .allowed }
        answers.apiServer = .allowed
        answers.role = .allowed
        answers.externalID = .allowed
        answers.queue = .allowed
        answers.version = "v1.31.2"
        return answers
    }

    var report: PreflightReport { PreflightReport(self, places: IAMPlaces()) }
}

extension PreflightReport {
    func possibility(_ type: String) -> JobTypeVerdict.Possibility? {
        jobTypes.first { $0.type == type }?.possibility
    }
}
