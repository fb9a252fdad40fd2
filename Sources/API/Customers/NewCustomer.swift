import Cryptography
import FoundationEssentials
import Store

/// The checks of a customer's fields.
enum NewCustomer {
    /// Makes a customer of what a client sent.
    ///
    /// - Throws: ``APIError`` naming the field that is wrong.
    static func checked(
        companyName: String,
        email: String?,
        awsRoleARN: String?,
        sqsQueueURL: String?,
        awsAccountID: String?,
        externalID: String?
    ) throws -> CustomerRecord {
        try text("company_name", companyName, 1...255)
        if let email {
            let parts = email.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), email.utf8.count <= 255,
                !email.contains(where: \.isWhitespace)
            else { throw APIError.invalid("email", "must be an address such as ops@example.com") }
        }
        if let awsRoleARN {
            guard isRole(awsRoleARN) else {
                throw APIError.invalid(
                    "aws_role_arn",
                    "must be like arn:aws:iam::123456789012:role/CloudOptim"
                )
            }
        }
        if let sqsQueueURL {
            guard sqsQueueURL.hasPrefix("https://") || sqsQueueURL.hasPrefix("http://"),
                sqsQueueURL.utf8.count <= 512,
                !sqsQueueURL.contains(where: \.isWhitespace)
            else {
                throw APIError.invalid(
                    "sqs_queue_url",
                    "must be like https://sqs.us-east-1.amazonaws.com/123456789012/cloudoptim-spot-warnings"
                )
            }
        }
        if let awsAccountID {
            guard awsAccountID.count == 12, awsAccountID.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                throw APIError.invalid("aws_account_id", "must have 12 digits")
            }
        }
        if let externalID { try text("external_id", externalID, 16...128) }
        return CustomerRecord(
            companyName: companyName,
            email: email,
            awsRoleARN: awsRoleARN,
            sqsQueueURL: sqsQueueURL,
            awsAccountID: awsAccountID,
            externalID: try externalID ?? Base64.encodeURL(SecureRandom.bytes(24))
        )
    }

    /// Checks the length of a text in bytes, and that it holds no control characters.
    static func text(_ field: String, _ value: String, _ range: ClosedRange<Int>) throws {
        guard range.contains(value.utf8.count), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw APIError.invalid(
                field,
                "must have \(range.lowerBound) to \(range.upperBound) bytes without control characters"
            )
        }
    }

    /// `arn:<partition>:iam::<account>:role/<path and name>`.
    private static func isRole(_ arn: String) -> Bool {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 && parts[0] == "arn" && parts[1].hasPrefix("aws") && parts[2] == "iam"
            && parts[3].isEmpty && parts[4].count == 12 && parts[4].allSatisfy { $0.isASCII && $0.isNumber }
            && parts[5].hasPrefix("role/") && parts[5].count > 5 && arn.utf8.count <= 512
    }
}
