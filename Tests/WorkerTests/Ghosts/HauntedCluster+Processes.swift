import FoundationEssentials
import Jobs
import Postgres
import Store
import TestKit

@testable import Worker

/// Real workers over a haunted cluster, which can be held right before they write a step.
extension HauntedCluster {
    private static let lock: Int64 = 4711

    /// Starts a worker for terminations.
    func startWorker(log: String) throws -> ChildProcess {
        let servers = [
            "DATABASE_URL": try TestServers.databaseURL(fleet.databaseName),
            "REDIS_URL": try TestServers.redisURL(), "CLOUDOPTIM_FLEET": fleet.fleetName,
            "CLOUDOPTIM_MASTER_KEY": TestFleet.masterKey,
        ]
        return try ChildProcess(
            [try Executable.worker.path(), "--queues", JobType.terminateGhost.rawValue],
            environment: Self.variables.merging(servers) { $1 }.merging(moto.environment) { $1 },
            log: log
        )
    }

    /// Submits a termination, for whoever claims it.
    func submitTermination(of instance: String) async throws -> UUID {
        var submission = JobSubmission(
            type: JobType.terminateGhost.rawValue,
            clusterID: clusterID,
            customerID: customerID,
            submittedBy: "test"
        )
        submission.parameters = ["instance_id": .string(instance)]
        return try await fleet.queue.submit(submission).jobID
    }

    /// What the customer is told, first first.
    func told() async throws -> [String] {
        try await fleet.pool.query("SELECT kind FROM notifications ORDER BY sequence").map {
            try $0.decode("kind", as: String.self)
        }
    }

    /// Has whoever writes a step, or the end of a ghost, wait until it is let go.
    func hold(_ step: String, with connection: PostgresConnection) async throws {
        _ = try await connection.query("SELECT pg_advisory_lock(\(Self.lock))")
        let when =
            step == "terminated"
            ? "UPDATE ON ghost_instances FOR EACH ROW WHEN (NEW.status = 'terminated')"
            : "INSERT ON job_steps FOR EACH ROW WHEN (NEW.step = '\(step)')"
        try await connection.executeScript(
            """
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock(\(Self.lock)); RETURN NEW; END $$;
            CREATE TRIGGER hold BEFORE \(when) EXECUTE FUNCTION hold()
            """
        )
    }

    /// How many wait.
    func waiting() async throws -> Int64? {
        try await fleet.pool.query("SELECT count(*) AS n FROM \(fragment: Self.waiters)").first?.decode("n")
    }

    /// Lets go those that wait: what they write is written, or lost with them.
    func letGo(with connection: PostgresConnection, isWritten: Bool) async throws {
        if !isWritten {
            _ = try await connection.query("SELECT pg_terminate_backend(pid) FROM \(fragment: Self.waiters)")
            try await eventually("the end of who waited") { try await waiting() == 0 }
        }
        _ = try await connection.query("SELECT pg_advisory_unlock(\(Self.lock))")
        try await eventually("the last write") { try await waiting() == 0 }
    }

    private static let waiters: SQL = """
        pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
}
