extension AWSError.Code {
    /// What one of AWS's codes means; also those of the errors in a fleet's answer.
    ///
    /// The code decides, not the status: an SQS throttle comes as 403 and a lack of capacity as 500.
    ///
    /// - Parameters:
    ///   - rawCode: As in `InvalidInstanceID.NotFound`, without a namespace.
    ///   - status: The HTTP status, for codes that are not known.
    public init(rawCode: String, status: Int? = nil) {
        if let known = Self.byRawCode[rawCode] {
            self = known
        } else if rawCode.hasSuffix(".NotFound") || rawCode.hasSuffix(".NotFoundException")
            || rawCode.hasSuffix(".Unknown")
        {
            self = .notFound
        } else if rawCode.hasSuffix("LimitExceeded") {
            self = .quotaExceeded
        } else {
            self = Self(status: status ?? 400)
        }
    }

    /// What a status means when there's no code: a load balancer or proxy answered.
    init(status: Int) {
        switch status {
        case 401, 403: self = .accessDenied
        case 404: self = .notFound
        case 408: self = .timedOut
        case 429, 509: self = .throttled
        case 500...: self = .serverError
        case 400..<500: self = .rejected
        default: self = .invalidResponse
        }
    }

    private static let byRawCode: [String: Self] = {
        var table: [String: Self] = [:]
        for (code, rawCodes) in rawCodes {
            for rawCode in rawCodes { table[rawCode] = code }
        }
        return table
    }()

    private static let rawCodes: [(Self, [String])] = [
        (
            .throttled,
            [
                "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
                "TooManyRequestsException", "ProvisionedThroughputExceededException",
                "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
                "LimitExceededException", "RequestThrottled", "SlowDown", "PriorRequestNotComplete",
                "EC2ThrottledException", "KmsThrottled", "KMS.ThrottlingException",
            ]
        ),
        (
            .serverError,
            [
                "InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable",
                "Unavailable", "IDPCommunicationError", "ResourceContention",
            ]
        ),
        (.timedOut, ["RequestTimeout", "RequestTimeoutException"]),
        (.clockSkew, ["RequestTimeTooSkewed", "RequestInTheFuture"]),
        (
            .expiredCredentials,
            ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "ExpiredTokenIdException"]
        ),
        (
            .invalidCredentials,
            [
                "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch",
                "InvalidSignatureException", "InvalidSignature", "InvalidAccessKeyId",
                "InvalidAccessKeyIdException", "MissingAuthenticationToken",
                "MissingAuthenticationTokenException",
                "IncompleteSignature", "IncompleteSignatureException", "InvalidIdentityToken",
                "InvalidSecurity", "InvalidToken",
            ]
        ),
        (
            .accessDenied,
            [
                "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired", "Blocked",
                "AuthFailure.ServiceLinkedRoleCreationNotPermitted", "PendingVerification",
                "KmsAccessDenied", "KMS.AccessDeniedException", "RegionDisabledException", "IDPRejectedClaim",
                "NotAuthorized",
            ]
        ),
        (
            .notFound,
            [
                "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NoSuchEntity",
                "InvalidLaunchTemplateId.VersionNotFound",
                "InvalidLaunchTemplateName.VersionNotFoundException",
            ]
        ),
        (
            .insufficientCapacity,
            [
                "InsufficientInstanceCapacity", "InsufficientCapacity", "InsufficientHostCapacity",
                "InsufficientReservedInstanceCapacity", "ReservationCapacityExceeded",
                "UnfulfillableCapacity", "Unsupported", "InsufficientFreeAddressesInSubnet",
                "InsufficientCapacityOnHost", "SpotMaxPriceTooLow",
            ]
        ),
        (
            .quotaExceeded,
            [
                "MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "InstanceLimitExceeded",
                "MaxFleetCountExceeded", "SpotFleetRequestConfigLimitExceeded", "VolumeLimitExceeded",
                "SnapshotLimitExceeded", "TagLimitExceeded", "MaxIOPSLimitExceeded", "LimitExceeded",
                "OverLimit",
            ]
        ),
        (.idempotencyMismatch, ["IdempotentParameterMismatch", "IdempotentInstanceTerminated"]),
        (
            .conflict,
            [
                "OperationNotPermitted", "IncorrectInstanceState", "IncorrectState", "VolumeInUse",
                "DependencyViolation", "ScalingActivityInProgress", "ResourceInUse", "MessageNotInflight",
                "ReceiptHandleIsInvalid", "InvalidStateTransition",
            ]
        ),
    ]
}
