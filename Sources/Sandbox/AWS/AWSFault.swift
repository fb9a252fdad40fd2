/// An error as AWS answers it.
struct AWSFault: Error, Sendable {
    /// As in `InvalidInstanceID.NotFound`.
    let code: String
    let message: String
    var status = 400
    /// The older name that SQS adds.
    var queryCode: String?

    // MARK: - Who calls

    static let unsigned = AWSFault(
        code: "MissingAuthenticationToken",
        message: "Request is missing Authentication Token",
        status: 403
    )
    static let unknownKey = AWSFault(
        code: "InvalidClientTokenId",
        message: "The security token included in the request is invalid.",
        status: 403
    )
    static let expiredToken = AWSFault(
        code: "ExpiredToken",
        message: "The security token included in the request is expired",
        status: 403
    )
    static let wrongSignature = AWSFault(
        code: "SignatureDoesNotMatch",
        message: "The request signature we calculated does not match the signature you provided.",
        status: 403
    )

    static func incompleteSignature(_ message: String) -> AWSFault {
        AWSFault(code: "IncompleteSignature", message: message)
    }

    /// The same as EC2 says it.
    var ofEC2: AWSFault {
        switch code {
        case "MissingAuthenticationToken", "InvalidClientTokenId", "SignatureDoesNotMatch":
            AWSFault(
                code: "AuthFailure",
                message: "AWS was not able to validate the provided access credentials",
                status: 401
            )
        case "ExpiredToken": AWSFault(code: "RequestExpired", message: "Request has expired.")
        default: self
        }
    }

    // MARK: - Parameters

    static func invalidAction(_ action: String, _ version: String) -> AWSFault {
        AWSFault(
            code: "InvalidAction",
            message: "The action \(action) is not valid for this web service, or the sandbox does not know it"
                + " (version \(version))."
        )
    }

    static func missing(_ parameter: String) -> AWSFault {
        AWSFault(
            code: "MissingParameter",
            message: "The request must contain the parameter \(parameter)"
        )
    }

    static func invalid(_ parameter: String, _ value: String) -> AWSFault {
        AWSFault(
            code: "InvalidParameterValue",
            message: "Value (\(value)) for parameter \(parameter) is invalid."
        )
    }

    static let dryRun = AWSFault(
        code: "DryRunOperation",
        message: "Request would have succeeded, but DryRun flag is set.",
        status: 412
    )
    static let unauthorized = AWSFault(
        code: "UnauthorizedOperation",
        message: "You are not authorized to perform this operation.",
        status: 403
    )

    /// The session's policy does not allow it.
    static func denied(_ action: String, on resource: String) -> AWSFault {
        AWSFault(
            code: action.hasPrefix("ec2:") || action.hasPrefix("iam:")
                ? "UnauthorizedOperation" : "AccessDenied",
            message: "The session is not authorized to perform: \(action) on resource: \(resource) because no"
                + " session policy allows the action",
            status: 403
        )
    }
}
