/// The services that are called.
public enum AWSService: String, Hashable, Sendable, CaseIterable {
    /// Elastic Compute Cloud.
    case ec2
    /// Simple Queue Service.
    case sqs
    /// Security Token Service.
    case sts
    /// EC2 Auto Scaling.
    case autoScaling = "autoscaling"

    /// The name in endpoints and in the scope of signatures.
    var endpointPrefix: String { rawValue }

    /// The version of the service's Query API.
    var apiVersion: String {
        switch self {
        case .ec2: "2016-11-15"
        case .sqs: "2012-11-05"
        case .sts: "2011-06-15"
        case .autoScaling: "2011-01-01"
        }
    }

    /// What follows `AWS_ENDPOINT_URL_` in the variable that replaces the service's endpoint, as in AWS's
    /// SDKs.
    var environmentSuffix: String {
        switch self {
        case .ec2: "EC2"
        case .sqs: "SQS"
        case .sts: "STS"
        case .autoScaling: "AUTO_SCALING"
        }
    }
}
