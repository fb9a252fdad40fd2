import Cryptography
import FoundationEssentials
import HTTPClient
import Logging
import Store
import Synchronization
import TestKit

/// Real processes over a database and Redis keys of one test.
final class ProcessFleet: Sendable {
    /// An answer of the API.
    struct Answer: Sendable {
        let status: Int
        let text: String

        /// A member of the body; nil if it is not there.
        subscript(name: String) -> JSONValue? {
            (try? JSONValue(parsing: Array(text.utf8)))?.members?[name]
        }

        func string(_ name: String) -> String? {
            guard case .string(let text)? = self[name] else { return nil }
            return text
        }
    }

    let environment: [String: String]
    let port: Int
    private let key: String
    private let http = HTTPClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    private let directory: TemporaryDirectory
    private let processes = Mutex<[ChildProcess]>([])

    private init(_ servers: [String: String], _ more: [String: String]) throws {
        directory = try TemporaryDirectory()
        port = try FreePort.find()
        key = "co_test_" + Hex.encode(try SecureRandom.bytes(16))
        environment = [
            "CENTRAL_SERVER_PORT": "\(port)", "CLOUDOPTIM_ADMIN_API_KEY": key,
            "CLOUDOPTIM_MASTER_KEY": Base64.encode(try SecureRandom.bytes(32)),
            "CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "true", "CLOUDOPTIM_RATE_LIMIT": "100000",
        ].merging(servers) { $1 }.merging(more) { $1 }
    }

    /// Runs a test with processes over the shared servers; none is left after.
    static func with(
        _ more: [String: String] = [:],
        _ body: (ProcessFleet, TestFleet) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in
            let servers = [
                "DATABASE_URL": try TestServers.databaseURL(fleet.databaseName),
                "REDIS_URL": try TestServers.redisURL(), "CLOUDOPTIM_FLEET": fleet.fleetName,
            ]
            try await with(servers: servers, more) { processes in try await body(processes, fleet) }
        }
    }

    /// Runs a test with processes over these servers; none is left after.
    static func with(
        servers: [String: String],
        _ more: [String: String] = [:],
        _ body: (ProcessFleet) async throws -> Void
    ) async throws {
        let fleet = try ProcessFleet(servers, more)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(fleet))
        } catch {
            result = .failure(error)
            print(fleet.logs.split(separator: "\n").suffix(60).joined(separator: "\n"))
        }
        fleet.processes.withLock { for process in $0 { process.remove() } }
        await fleet.http.shutdown()
        try result.get()
    }

    // MARK: - Processes

    /// Starts a process.
    func start(_ executable: Executable, _ arguments: [String] = []) throws -> ChildProcess {
        let number = processes.withLock { $0.count }
        let process = try ChildProcess(
            [try executable.path()] + arguments,
            environment: environment,
            log: "\(directory.path)/\(number)-\(executable.rawValue).log"
        )
        processes.withLock { $0.append(process) }
        return process
    }

    /// Starts the API and waits until it is ready.
    func startAPI() async throws -> ChildProcess {
        let process = try start(.api)
        try await eventually(within: .seconds(30), "the API") {
            guard process.exitCode == nil else { throw ProcessFailure(description: process.output) }
            return try await status("GET", "/ready") == 200
        }
        return process
    }

    /// Starts a worker and waits until it works.
    func startWorker(_ arguments: [String] = []) async throws -> ChildProcess {
        try await started(try start(.worker, arguments), saying: #""message":"working""#)
    }

    /// Starts a scheduler and waits until it schedules.
    func startScheduler() async throws -> ChildProcess {
        try await started(try start(.scheduler), saying: #""message":"scheduling""#)
    }

    private func started(_ process: ChildProcess, saying text: String) async throws -> ChildProcess {
        try await eventually(within: .seconds(30), "the start of a process") {
            guard process.exitCode == nil else { throw ProcessFailure(description: process.output) }
            return process.output.contains(text)
        }
        return process
    }

    /// All that all processes wrote.
    var logs: String { processes.withLock { $0 }.map(\.output).joined(separator: "\n") }

    /// Whether every process that was started still runs.
    var allRun: Bool { processes.withLock { $0 }.allSatisfy { $0.exitCode == nil } }

    // MARK: - API

    /// Asks the API.
    func send(_ method: String, _ path: String, _ json: String? = nil) async throws -> Answer {
        let request = HTTPRequest(
            method: method,
            url: "http://127.0.0.1:\(port)" + (path.hasPrefix("/") ? path : "/api/v1/\(path)"),
            headers: [("X-API-Key", key), ("Content-Type", "application/json")],
            body: json.map { Array($0.utf8) },
            timeout: .seconds(40),
            stallTimeout: .seconds(40)
        )
        let response = try await http.execute(request)
        return Answer(status: response.status, text: String(decoding: response.body, as: UTF8.self))
    }

    /// The status of an answer; nil if there was none.
    func status(_ method: String, _ path: String, _ json: String? = nil) async throws -> Int? {
        do {
            return try await send(method, path, json).status
        } catch is HTTPClientError {
            return nil
        }
    }

    /// Submits a job that must be accepted.
    func job(_ json: String) async throws -> String {
        let answer = try await send("POST", "jobs", json)
        guard answer.status == 201, let id = answer.string("job_id") else {
            throw ProcessFailure(description: answer.text)
        }
        return id
    }

    /// Waits until a job is in a state.
    func reached(_ state: String, _ id: String, within limit: Duration = .seconds(30)) async throws {
        try await eventually(within: limit, "a job that is \(state)") {
            try await send("GET", "jobs/\(id)").string("state") == state
        }
    }

    /// Registers a cluster of the sandbox, for a customer or without one.
    func register(
        _ cluster: SandboxServer.Cluster,
        of customer: String? = nil,
        authority: String
    ) async throws -> String {
        let owner = customer.map { #""customer_id":"\#($0)","# } ?? ""
        let answer = try await send(
            "POST",
            "admin/clusters",
            """
            {\(owner)"name":"\(cluster.name)","k8s_api_endpoint":"\(cluster.endpoint)","k8s_token":"\(cluster.token)",
             "k8s_ca_data":"\(Base64.encode(Array(authority.utf8)))","region":"\(cluster.region)"}
            """
        )
        guard answer.status == 201, let id = answer.string("cluster_id") else {
            throw ProcessFailure(description: answer.text)
        }
        return id
    }
}
