/// What a customer lets us do, and what to add where something is missing.
///
/// Written as JSON, with names in snake_case.
public struct PreflightReport: Codable, Sendable, Hashable {
    /// All of it in a word.
    public enum Verdict: String, Codable, Sendable {
        /// Everything that can be asked for works.
        case ready
        /// Something is possible, something is not, or not known.
        case limited
        /// Nothing is possible.
        case blocked
        /// Nobody could say whether anything is possible.
        case unknown
    }

    /// One question and its answer.
    public struct Check: Codable, Sendable, Hashable {
        /// As in `kubernetes:patch:nodes`, `aws:ec2:RunInstances`, `cluster:reachable`.
        public var id: String
        /// What was answered.
        public var answer: CheckAnswer
        /// Why, unless it is allowed.
        public var reason: String?
        /// The types that need it.
        public var neededBy: [String]
    }

    /// Whether the jobs of a type can be done.
    public struct JobTypeVerdict: Codable, Sendable, Hashable {
        /// Whether they can.
        public enum Possibility: String, Codable, Sendable {
            /// They can.
            case possible
            /// They cannot.
            case impossible
            /// Nobody could say.
            case unknown
        }

        /// The type.
        public var type: String
        /// Whether this release does such jobs at all.
        public var isServed: Bool
        /// Whether they can be done.
        public var possibility: Possibility
        /// What must be allowed first: ids of checks that were denied, or not answered.
        public var missing: [String]
        /// What they do less than they could, and why.
        public var limits: [Limit]
    }

    /// What jobs do less than they could.
    public struct Limit: Codable, Sendable, Hashable {
        /// Of the checks behind it.
        public var answer: CheckAnswer
        /// What follows, if it is denied.
        public var effect: String
        /// Ids of the checks.
        public var missing: [String]
    }

    /// Something to be told whoever set the cluster up.
    public struct Finding: Codable, Sendable, Hashable {
        /// How much it matters.
        public enum Severity: String, Codable, Sendable {
            /// To be mended at once.
            case high
            /// To be mended.
            case warning
            /// To be known.
            case note
        }

        /// Stable, for programs.
        public var code: String
        /// How much it matters.
        public var severity: Severity
        /// What is the matter.
        public var message: String
        /// What to do.
        public var fix: String?
    }

    /// What to add so that what was denied is allowed.
    public struct Fix: Codable, Sendable, Hashable {
        /// `kubernetes` or `aws`.
        public var side: String
        /// The level that gives it.
        public var level: String
        /// The file to apply: `ops/rbac/drain.yaml`.
        public var file: String
        /// What is missing: ids of checks.
        public var missing: [String]
        /// The rules, YAML for a ClusterRole, or the statements, JSON for a policy.
        public var text: String
    }

    /// All of it in a word.
    public var verdict: Verdict
    /// As in `v1.31.2`; nil if the API server did not say.
    public var kubernetesVersion: String?
    /// Every question with its answer.
    public var checks: [Check]
    /// Every type that needs anything.
    public var jobTypes: [JobTypeVerdict]
    /// The gravest first.
    public var findings: [Finding]
    /// One for each level of which something is missing.
    public var fixes: [Fix]
}
