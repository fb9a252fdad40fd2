/// An action of AWS that jobs call, or that AWS asks for because of what they call.
public enum AWSAction: String, Sendable, CaseIterable, Comparable {
    case describeInstances = "ec2:DescribeInstances"
    case describeInstanceTypes = "ec2:DescribeInstanceTypes"
    case describeInstanceAttribute = "ec2:DescribeInstanceAttribute"
    case describeSubnets = "ec2:DescribeSubnets"
    case describeVolumes = "ec2:DescribeVolumes"
    case describeSnapshots = "ec2:DescribeSnapshots"
    case describeAutoScalingInstances = "autoscaling:DescribeAutoScalingInstances"
    case runInstances = "ec2:RunInstances"
    case createFleet = "ec2:CreateFleet"
    case createTags = "ec2:CreateTags"
    case deleteTags = "ec2:DeleteTags"
    case terminateInstances = "ec2:TerminateInstances"
    case createSnapshot = "ec2:CreateSnapshot"
    case deleteVolume = "ec2:DeleteVolume"
    case terminateInAutoScalingGroup = "autoscaling:TerminateInstanceInAutoScalingGroup"
    /// The nodes' role, which a launch hands to the machine.
    case passRole = "iam:PassRole"
    /// The first spot instance of an account makes EC2's own role.
    case createServiceLinkedRole = "iam:CreateServiceLinkedRole"
    /// A launch template may name AWS's newest image by a parameter.
    case getParameters = "ssm:GetParameters"
    case receiveMessage = "sqs:ReceiveMessage"
    case deleteMessage = "sqs:DeleteMessage"
    case getQueueAttributes = "sqs:GetQueueAttributes"

    /// What checks of it are called: `aws:ec2:RunInstances`.
    public var id: String { "aws:\(rawValue)" }

    /// By name.
    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}
