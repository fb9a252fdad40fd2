import AWS
import Testing

struct EndpointTests {
    @Test(arguments: [
        ("us-east-1", AWSPartition.aws), ("eu-central-2", .aws), ("ap-southeast-1", .aws),
        ("cn-north-1", .china),
        ("us-gov-west-1", .usGovernment),
    ])
    func knowsPartitions(name: String, partition: AWSPartition) throws {
        #expect(try name.region.partition == partition)
    }

    @Test(arguments: [
        "", "us", "us-east", "us-east-", "us-east-1a", "US-EAST-1", "us-east-123", "evil.com/us-east-1",
        "us-east-1.evil", "us_east_1", "-us-east-1", "us--1", "us-iso-east-1", "us-isob-east-1",
        "eusc-de-east-1",
        "us-east-1\n",
    ])
    func refusesWhatIsNoRegion(name: String) {
        #expect(AWSRegion(name) == nil)
    }

    @Test func usesRegionalEndpoints() throws {
        let endpoints = AWSEndpoints()
        let url = endpoints.url(of: .ec2, in: try "eu-central-1".region)
        #expect(url == "https://ec2.eu-central-1.amazonaws.com/")
        let china = endpoints.url(of: .autoScaling, in: try "cn-north-1".region)
        #expect(china == "https://autoscaling.cn-north-1.amazonaws.com.cn/")
        #expect(!endpoints.isReplaced(.sqs))
    }

    @Test func takesEndpointsOfTheEnvironment() throws {
        let endpoints = try AWSEndpoints(environment: [
            "AWS_ENDPOINT_URL": "http://127.0.0.1:5000", "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:6000/q/",
            "AWS_ENDPOINT_URL_EC2": "",
        ])
        let region = try "eu-central-1".region
        #expect(endpoints.url(of: .ec2, in: region) == "http://127.0.0.1:5000/")
        #expect(endpoints.url(of: .sqs, in: region) == "http://127.0.0.1:6000/q/")
        #expect(endpoints.isReplaced(.autoScaling))
        for wrong in ["ftp://a", "127.0.0.1:5000", "http://a?b", "http://a#b", "http://user:pass@a"] {
            #expect(throws: AWSError.self) { try AWSEndpoints(common: wrong) }
        }
    }

    @Test func takesQueuesOfTheRegion() throws {
        let region = try "eu-central-1".region
        let text = "https://sqs.eu-central-1.amazonaws.com/123456789012/spot_events-1"
        let queue = try QueueURL(text, region: region, account: "123456789012")
        #expect(queue.name == "spot_events-1")
        #expect(queue.arn == "arn:aws:sqs:eu-central-1:123456789012:spot_events-1")
        let fifo = try QueueURL(
            "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/a.fifo",
            region: try "cn-north-1".region
        )
        #expect(fifo.name == "a.fifo")
    }

    @Test(arguments: [
        "http://sqs.eu-central-1.amazonaws.com/123456789012/q",
        "https://sqs.us-east-1.amazonaws.com/123456789012/q",
        "https://sqs.eu-central-1.amazonaws.com.evil.com/123456789012/q",
        "https://169.254.169.254/123456789012/q",
        "https://sqs.eu-central-1.amazonaws.com@evil.com/123456789012/q",
        "https://sqs.eu-central-1.amazonaws.com:8443/123456789012/q",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/q?Action=DeleteQueue",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/q#f", "https://sqs.eu-central-1.amazonaws.com/q",
        "https://sqs.eu-central-1.amazonaws.com/1234/q",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/a/b",
        "https://sqs.eu-central-1.amazonaws.com/x/123456789012/a",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/a%2Fb",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/..",
        "sqs.eu-central-1.amazonaws.com/123456789012/q", "",
        "https://sqs.eu-central-1.amazonaws.com/999999999999/q",
    ])
    func refusesOtherQueues(text: String) throws {
        let region = try "eu-central-1".region
        let error = #expect(throws: AWSError.self) {
            try QueueURL(text, region: region, account: "123456789012")
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("evil") == false)
    }
}
