import FoundationEssentials

/// `EC2 Spot Instance Interruption Warning`, as EventBridge puts it into a queue.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
struct SpotWarning: Sendable {
    let interruption: InterruptionRecord
    let account: String

    var body: String {
        let id = interruption.machine.id
        let event: JSON = [
            "version": "0",
            "id": .string(interruption.id),
            "detail-type": "EC2 Spot Instance Interruption Warning",
            "source": "aws.ec2",
            "account": .string(account),
            "time": .string(Timestamp.text(Date(timeIntervalSince1970: interruption.warnedAt))),
            "region": .string(interruption.region),
            // A zone and no account: so EC2 writes it.
            "resources": ["arn:aws:ec2:\(interruption.machine.zone):instance/\(id)"],
            "detail": ["instance-id": .string(id), "instance-action": "terminate"],
        ]
        return String(decoding: event.bytes, as: UTF8.self)
    }
}
