import AWS
import Foundation
import Testing

struct SessionTests {
    private func policy(_ purpose: SessionPolicy.Purpose, region: String = "eu-central-1") throws -> String {
        let tag = AWSTag("kubernetes.io/cluster/shop", "owned")
        return try SessionPolicy(purpose, region: region.region, clusterTag: tag).document
    }

    private func actions(_ document: String) throws -> Set<String> {
        let root = try JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: Any]
        #expect(root?["Version"] as? String == "2012-10-17")
        let statements = try #require(root?["Statement"] as? [[String: Any]])
        #expect(statements.allSatisfy { $0["Effect"] as? String == "Allow" })
        #expect(statements.allSatisfy { ($0["Resource"] != nil) != ($0["NotResource"] != nil) })
        return Set(statements.flatMap { $0["Action"] as? [String] ?? [] })
    }

    @Test func aPolicyHasWhatItsPurposeNeeds() throws {
        let reading = try actions(try policy(.readOnly))
        #expect(reading.allSatisfy { $0.contains(":Describe") || $0.contains(":Get") })
        let intake = try actions(
            try policy(.queueIntake(queueARN: "arn:aws:sqs:eu-central-1:123456789012:q"))
        )
        #expect(intake.allSatisfy { $0.hasPrefix("sqs:") || $0 == "kms:Decrypt" })
        #expect(try actions(try policy(.clusterSignIn)) == ["sts:GetCallerIdentity"])
        let interruption = try actions(try policy(.interruptionHandling))
        #expect(
            interruption.isSuperset(of: ["ec2:RunInstances", "ec2:CreateFleet", "ec2:TerminateInstances"])
        )
        #expect(!interruption.contains("ec2:DeleteVolume"))
        let ghosts = try actions(try policy(.ghostTermination))
        #expect(ghosts.isSuperset(of: ["ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:CreateSnapshot"]))
        #expect(ghosts.isDisjoint(with: ["ec2:RunInstances", "ec2:CreateFleet", "iam:PassRole"]))
    }

    @Test func aPolicyFitsAndIsAlwaysTheSame() throws {
        let name = String(repeating: "n", count: 100)
        let tag = AWSTag("kubernetes.io/cluster/\(name)", "owned")
        for purpose in [SessionPolicy.Purpose.readOnly, .interruptionHandling, .ghostTermination] {
            let region = try "us-gov-west-1".region
            let one = try SessionPolicy(purpose, region: region, clusterTag: tag)
            #expect(one.document.utf8.count <= 2048)
            #expect(one == (try SessionPolicy(purpose, region: region, clusterTag: tag)))
            #expect(one.document.contains("arn:aws-us-gov:ec2:us-gov-west-1") || purpose == .readOnly)
        }
        #expect(try policy(.interruptionHandling, region: "cn-north-1").contains("ec2.amazonaws.com.cn"))
    }

    @Test(arguments: ["a*", "a?", "${aws:username}", ""]) func aPolicyTakesNoPatterns(value: String) throws {
        let region = try "eu-central-1".region
        let tag = AWSTag("kubernetes.io/cluster/shop", value)
        #expect(throws: AWSError.self) {
            try SessionPolicy(.ghostTermination, region: region, clusterTag: tag)
        }
        #expect(throws: AWSError.self) {
            try SessionPolicy(
                .queueIntake(queueARN: value),
                region: region,
                clusterTag: AWSTag("kubernetes.io/cluster/shop", "owned")
            )
        }
    }

    @Test func aSessionsNameSaysWhoAndWhat() {
        let customer = "0198c1f2-7b1a-7000-8000-000000000001"
        let name = SessionName(customer: customer, job: "handle-spot-warning").text
        #expect(name == "co-\(customer)-handle-spot-warning")
        #expect(name.utf8.count <= 64)
        let odd = SessionName(
            customer: "Ä/б customer with a name that is much too long for it",
            job: "job/with odd:letters and more"
        ).text
        #expect(odd.utf8.count <= 64)
        #expect(
            odd.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "_+=,.@-".utf8.contains($0)
            }
        )
    }

    @Test(arguments: [
        "arn:aws:iam::123456789012:role/cloudoptim", "arn:aws-cn:iam::123456789012:role/path/to/name",
    ])
    func takesRoles(text: String) throws {
        #expect(try #require(RoleARN(text)).account == "123456789012")
    }

    @Test(arguments: [
        "", "arn:aws:iam::123456789012:user/a", "arn:aws:iam::1234:role/a",
        "arn:aws:sts::123456789012:role/a",
        "arn:aws-iso:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/a b",
    ])
    func refusesWhatIsNoRole(text: String) {
        #expect(RoleARN(text) == nil)
    }

    @Test func tokensAreMadeOfJobStepAndEpoch() {
        let token = IdempotencyToken(job: "job-1", step: "launch", epoch: 0)
        #expect(token == IdempotencyToken(job: "job-1", step: "launch", epoch: 0))
        #expect(token.text.utf8.count <= 64)
        #expect(token.text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        let others = [
            IdempotencyToken(job: "job-1", step: "launch", epoch: 1),
            IdempotencyToken(job: "job-1", step: "launch2", epoch: 0),
            IdempotencyToken(job: "job-2", step: "launch", epoch: 0),
            IdempotencyToken(job: "job-1launch", step: "", epoch: 0),
            IdempotencyToken(job: "job-", step: "1launch", epoch: 0),
        ]
        #expect(Set(others + [token]).count == 6)
        // Never changes: launches of an older release are recognised by it.
        #expect(token.text == "cloudoptim-72113a04ee3a290f2f2aa37f974bfa300831956442ce1a52")
    }
}
