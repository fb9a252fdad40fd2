import FoundationEssentials
import Store
import Testing

@Suite("Customers", .timeLimit(.minutes(1))) struct CustomerTests {
    @Test func areMadeAndShown() async throws {
        try await TestAPI.with { api in
            let made = try await api.send(
                "POST",
                "admin/customers",
                """
                {"company_name":"Example GmbH","email":"ops@example.com",
                 "aws_role_arn":"arn:aws:iam::123456789012:role/CloudOptim","aws_account_id":"123456789012"}
                """
            )
            #expect(made.status == 201)
            #expect(made.string("company_name") == "Example GmbH")
            #expect(made["sqs_queue_url"] == .null)
            #expect(made.string("external_id")?.count ?? 0 >= 16)
            let shown = try await api.send(
                "GET",
                "admin/customers/\(try #require(made.string("customer_id")))"
            )
            #expect(shown.json == made.json)
        }
    }

    @Test func areChangedFieldByField() async throws {
        try await TestAPI.with { api in
            let made = try await api.send(
                "POST",
                "admin/customers",
                """
                {"company_name":"Example","email":"ops@example.com",
                 "sqs_queue_url":"https://sqs.us-east-1.amazonaws.com/123456789012/events"}
                """
            )
            let path = "admin/customers/\(try #require(made.string("customer_id")))"
            let role = "arn:aws:iam::123456789012:role/CloudOptim"
            let changed = try await api.send("PUT", path, #"{"aws_role_arn":"\#(role)","sqs_queue_url":""}"#)
            #expect(changed.status == 200)
            #expect(changed.string("aws_role_arn") == role)
            #expect(changed["sqs_queue_url"] == .null)
            #expect(changed.string("email") == "ops@example.com")
            #expect(changed.string("external_id") == made.string("external_id"))
            #expect(try await api.send("GET", path).json == changed.json)

            #expect(try await api.send("PUT", path, #"{"email":"nobody"}"#).field == "email")
            #expect(try await api.send("PUT", path, #"{"external_id":"x"}"#).field == "external_id")
            let unknown = "admin/customers/\(UUID.version7().text)"
            #expect(try await api.send("PUT", unknown, "{}").status == 404)
        }
    }

    @Test func areListedInPages() async throws {
        try await TestAPI.with { api in
            var ids: [String] = []
            for position in 0..<3 { ids.append(try await api.customer("C\(position)").text) }
            let page = try await api.send("GET", "admin/customers?limit=2")
            let cursor = try #require(page.string("next_cursor"))
            let rest = try await api.send("GET", "admin/customers?limit=2&cursor=\(cursor)")
            #expect(rest["next_cursor"] == .null)
            let seen = [page, rest].flatMap { $0.array("customers") ?? [] }.compactMap {
                $0.string("customer_id")
            }
            #expect(seen == ids.sorted())
        }
    }

    @Test func nameTheFieldThatIsWrong() async throws {
        try await TestAPI.with { api in
            for (body, field) in [
                ("{}", "company_name"), (#"{"company_name":""}"#, "company_name"),
                (#"{"company_name":"a\u0007"}"#, "company_name"),
                (#"{"company_name":"X","email":"x"}"#, "email"),
                (#"{"company_name":"X","aws_role_arn":"arn:aws:iam::1:role/X"}"#, "aws_role_arn"),
                (#"{"company_name":"X","sqs_queue_url":"ftp://x"}"#, "sqs_queue_url"),
                (#"{"company_name":"X","aws_account_id":"12345"}"#, "aws_account_id"),
                (#"{"company_name":"X","companyname":"12345"}"#, "companyname"),
                (#"{"company_name":"X",}"#, "body"),
            ] {
                let answer = try await api.send("POST", "admin/customers", body)
                #expect(answer.status == 400)
                #expect(answer.field == field)
            }
        }
    }
}
