extension STS {
    /// A role to take on.
    public struct AssumeRole: Hashable, Sendable {
        /// The role.
        public var role: RoleARN
        /// What the role's trust policy asks for beside our name; one for each customer, made by us.
        public var externalID: String?
        /// Shown in the customer's logs.
        public var sessionName: SessionName
        /// What of the role's permissions the session has; `nil` for all.
        public var policy: SessionPolicy?
        /// From 900 to 43200 seconds; from a role itself taken on, at most 3600.
        public var lifetime: Int

        /// Makes a request.
        public init(
            role: RoleARN,
            externalID: String?,
            sessionName: SessionName,
            policy: SessionPolicy? = nil,
            lifetime: Int = 3600
        ) {
            self.role = role
            self.externalID = externalID
            self.sessionName = sessionName
            self.policy = policy
            self.lifetime = lifetime
        }

        var parameters: QueryParameters {
            get throws(AWSError) {
                let isValid = externalID.map { id in
                    (2...1224).contains(id.utf8.count)
                        && id.utf8.allSatisfy { byte in
                            switch byte {
                            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                            default: "_+=,.@:/-".utf8.contains(byte)
                            }
                        }
                }
                guard isValid ?? true, (900...43_200).contains(lifetime) else {
                    throw AWSError(.invalidRequest, "the external id or the lifetime is not one")
                }
                var parameters = QueryParameters()
                parameters.set("RoleArn", role.text)
                parameters.set("RoleSessionName", sessionName.text)
                parameters.set("ExternalId", externalID)
                parameters.set("DurationSeconds", lifetime)
                parameters.set("Policy", policy?.document)
                return parameters
            }
        }
    }
}

/// Whom a session acts for and what it does, as the customer's CloudTrail shows it.
public struct SessionName: Hashable, Sendable, CustomStringConvertible {
    /// From 2 to 64 letters, digits and any of `_+=,.@-`.
    public let text: String

    /// Makes a name.
    ///
    /// Sessions are shared by all jobs of a type, so that STS is not asked for each job anew.
    ///
    /// - Parameters:
    ///   - customer: The customer's id.
    ///   - job: The type of job, as in `handle-spot-warning`.
    public init(customer: String, job: String) {
        func cleaned(_ text: String, _ limit: Int) -> String {
            let characters = text.unicodeScalars.map { scalar -> Character in
                let isAllowed =
                    scalar.isASCII
                    && (Character(scalar).isLetter || Character(scalar).isNumber
                        || "_+=,.@-".unicodeScalars.contains(scalar))
                return isAllowed ? Character(scalar) : "-"
            }
            return String(characters.prefix(limit))
        }
        text = "co-\(cleaned(customer, 36))-\(cleaned(job, 24))"
    }

    /// The name.
    public var description: String { text }
}
