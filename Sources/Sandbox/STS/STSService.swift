import FoundationEssentials

/// The Security Token Service: sessions of the customer's role for who knows its external id.
///
/// https://docs.aws.amazon.com/STS/latest/APIReference/
struct STSService: Sendable {
    let account: CustomerAccount
    let call: AWSRoutes.Call
    /// Makes each session another.
    let nonce: String

    /// The account that the fleet's own key is of.
    static let fleetARN = "arn:aws:iam::999988887777:user/cloudoptim"

    func answer(_ form: QueryForm) throws(AWSFault) -> [XML] {
        switch form.action {
        case "AssumeRole": return try assumeRole(form)
        case "GetCallerIdentity": return identity
        default: throw .invalidAction(form.action, form["Version"] ?? "")
        }
    }

    private func assumeRole(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let role = try form.required("RoleArn")
        let name = try form.required("RoleSessionName")
        let seconds = try form.int("DurationSeconds", in: 900...43_200) ?? 3600
        if let id = form["ExternalId"], !(2...1224).contains(id.utf8.count) {
            throw Self.validation("externalId", "Member must have length from 2 to 1224")
        }
        guard (2...64).contains(name.utf8.count), !name.contains("|") else {
            throw Self.validation("roleSessionName", "Member must have length from 2 to 64")
        }
        guard form["Policy"]?.utf8.count ?? 0 <= 2048 else {
            throw AWSFault(code: "PackedPolicyTooLarge", message: "the policy is longer than 2048 characters")
        }
        _ = try SessionRules(form["Policy"])
        guard call.caller == .fleet, role == CustomerAccount.roleARN, let known = account.externalID,
            known == form["ExternalId"]
        else {
            throw AWSFault(
                code: "AccessDenied",
                message: "User: \(arn) is not authorized to perform: sts:AssumeRole on resource: \(role)",
                status: 403
            )
        }
        let key = account.keys.session(
            of: role,
            name: name,
            policy: form["Policy"],
            nonce: nonce,
            until: (call.time + Double(seconds)).rounded(.down)
        )
        let expiration = Date(timeIntervalSince1970: key.expiration)
        return [
            XML(
                "Credentials",
                [
                    XML("AccessKeyId", key.id), XML("SecretAccessKey", key.secret),
                    XML("SessionToken", key.token ?? ""), XML("Expiration", Timestamp.text(expiration)),
                ]
            ),
            XML(
                "AssumedRoleUser",
                [XML("AssumedRoleId", "AROASANDBOX:\(name)"), XML("Arn", Self.arn(role, name))]
            ),
            XML("PackedPolicySize", 6),
        ]
    }

    private var identity: [XML] {
        switch call.caller {
        case .fleet:
            [
                XML("Arn", Self.fleetARN), XML("UserId", "AIDASANDBOXFLEET"), XML("Account", "999988887777"),
            ]
        case .session(_, let name):
            [
                XML("Arn", arn), XML("UserId", "AROASANDBOX:\(name)"), XML("Account", CustomerAccount.id),
            ]
        }
    }

    private var arn: String {
        switch call.caller {
        case .fleet: Self.fleetARN
        case .session(let role, let name): Self.arn(role, name)
        }
    }

    private static func arn(_ role: String, _ session: String) -> String {
        "arn:aws:sts::\(CustomerAccount.id):assumed-role/\(role.split(separator: "/").last ?? "")/\(session)"
    }

    private static func validation(_ field: String, _ reason: String) -> AWSFault {
        AWSFault(
            code: "ValidationError",
            message:
                "1 validation error detected: Value at '\(field)' failed to satisfy constraint: \(reason)"
        )
    }
}
