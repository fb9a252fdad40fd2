import Bootstrap
import Configuration
import Cryptography
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import Logging
import NIOCore
import Store
import Telemetry
import TestKit

@testable import API

/// The API over a fleet of the test's own, without a socket.
struct TestAPI: Sendable {
    let fleet: TestFleet
    let client: any TestClientProtocol
    /// A key that may do everything.
    let admin: String
    let drain: DrainFlag
    let routes: [String]

    /// - Parameters:
    ///   - environment: Settings that differ from the tests'.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func with(
        _ environment: [String: String] = [:],
        _ body: @escaping @Sendable (TestAPI) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in try await serve(fleet, environment, body) }
    }

    /// The same over a fleet that is there already, whose servers the settings may replace.
    static func serve(
        _ fleet: TestFleet,
        _ environment: [String: String],
        _ body: @escaping @Sendable (TestAPI) async throws -> Void
    ) async throws {
        let own = [
            "DATABASE_URL": try TestServers.databaseURL(fleet.databaseName),
            "REDIS_URL": try TestServers.redisURL(),
            "CLOUDOPTIM_FLEET": fleet.fleetName,
            "CLOUDOPTIM_MASTER_KEY": Base64.encode([UInt8](repeating: 7, count: 32)),
        ].merging(environment) { $1 }
        let settings = Settings(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: own))
        )
        let processes = try Fleet(settings: settings, processName: "api-tests", logger: fleet.logger)
        let http = HTTPClient(logger: fleet.logger)
        let drain = DrainFlag()
        let router = try APIRouter(
            fleet: processes,
            settings: settings,
            http: http,
            registry: PrometheusRegistry(),
            drain: drain,
            logger: fleet.logger
        ).build()
        let routes = router.routes.map { "\($0.method.rawValue) \($0.path.description)" }
        let admin = try await Self.key(in: fleet, scope: .admin, customer: nil)
        let application = Application(router: router, logger: fleet.logger)
        do {
            try await application.test(.router) { client in
                try await body(
                    TestAPI(fleet: fleet, client: client, admin: admin, drain: drain, routes: routes)
                )
            }
        } catch {
            await http.shutdown()
            await processes.close()
            throw error
        }
        await http.shutdown()
        await processes.close()
    }

    /// Sends a request under `/api/v1`, or elsewhere if the path is not one of it.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST` …
    ///   - path: Below `/api/v1`, without a slash in front; with one, from the root.
    ///   - json: The body.
    ///   - key: The API key; the administrator's if it is not given, none if it is empty.
    ///   - headers: More headers.
    /// - Returns: Whatever was answered.
    /// - Throws: What the framework throws.
    func send(
        _ method: String,
        _ path: String,
        _ json: String? = nil,
        key: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let key = key ?? admin
        if !key.isEmpty { fields[.apiKey] = key }
        let response = try await client.execute(
            uri: path.hasPrefix("/") ? path : "/\(APIRouter.prefix)/\(path)",
            method: HTTPRequest.Method(method) ?? .get,
            headers: fields,
            body: json.map { ByteBuffer(string: $0) }
        )
        return Answer(response)
    }

    /// Makes a key.
    func key(_ scope: APIKeyRecord.Scope, customer: UUID? = nil) async throws -> String {
        try await Self.key(in: fleet, scope: scope, customer: customer)
    }

    /// Makes a customer.
    func customer(_ name: String = "Example") async throws -> UUID {
        let answer = try await send("POST", "admin/customers", #"{"company_name":"\#(name)"}"#)
        guard let id = answer.string("customer_id").flatMap({ UUID(uuidString: $0) }) else {
            throw Unexpected(answer: answer.text)
        }
        return id
    }

    /// Registers a cluster at a public address that nobody calls, without the job that a registration by HTTP makes.
    func cluster(_ name: String, of customer: UUID, token: String = "registered-token") async throws -> UUID {
        let registration = ClusterRegistration(
            customerID: customer,
            name: name,
            apiEndpoint: "https://8.8.8.8",
            certificateAuthority: nil,
            token: token,
            tokenExpiresAt: nil,
            region: "us-east-1"
        )
        try await ClusterStore(pool: fleet.pool, keyring: fleet.keyring).register(registration, with: nil)
        return registration.id
    }

    /// Submits a job that must be accepted.
    func job(_ json: String = #"{"type":"noop"}"#, key: String? = nil) async throws -> UUID {
        let answer = try await send("POST", "jobs", json, key: key)
        guard let id = answer.string("job_id").flatMap({ UUID(uuidString: $0) }) else {
            throw Unexpected(answer: answer.text)
        }
        return id
    }

    /// Writes an outcome as a worker does.
    func finish(_ job: UUID, _ status: AttemptRecord.Status = .success, metadata: String? = nil) async throws
    {
        let journal = fleet.queue.journal
        let failure = AttemptRecord.Failure(code: "told", message: "as told", isRetryable: false)
        _ = try await journal.record([
            AttemptRecord(
                jobID: job,
                fence: 0,
                attempt: 1,
                queue: "noop",
                workerID: "w",
                startedAt: Date(),
                duration: .milliseconds(5),
                status: status,
                isTerminal: true,
                failure: status == .success ? nil : failure,
                metadata: metadata.map { Array($0.utf8) }
            )
        ])
    }

    private static func key(
        in fleet: TestFleet,
        scope: APIKeyRecord.Scope,
        customer: UUID?
    ) async throws -> String {
        let key = try APIKeySecret.generate()
        _ = try await APIKeyStore(pool: fleet.pool).insert(
            name: "test-\(scope.rawValue)",
            prefix: key.prefix,
            hash: key.hash,
            scope: scope,
            customerID: customer
        )
        return key.text
    }

    struct Unexpected: Error {
        let answer: String
    }
}
