/// One forward step of the schema.
///
/// Immutable once it was released.
public struct Migration: Sendable, Hashable {
    /// Its place: 1, 2, 3.
    public let version: Int
    /// What it does, as in its file's name.
    public let name: String
    /// The statements.
    public let sql: String

    /// Every migration this build knows, oldest first.
    public static let all: [Migration] = [
        Migration(1, "customers_and_clusters", PackageResources.V0001_customers_and_clusters_sql),
        Migration(2, "events_optimizations_ghosts", PackageResources.V0002_events_optimizations_ghosts_sql),
        Migration(3, "jobs", PackageResources.V0003_jobs_sql),
        Migration(4, "metrics", PackageResources.V0004_metrics_sql),
        Migration(5, "access", PackageResources.V0005_access_sql),
        Migration(6, "control", PackageResources.V0006_control_sql),
        Migration(7, "clock", PackageResources.V0007_clock_sql),
        Migration(8, "interruptions", PackageResources.V0008_interruptions_sql),
        Migration(9, "sign_in_as_role", PackageResources.V0009_sign_in_as_role_sql),
        Migration(10, "queue_problems", PackageResources.V0010_queue_problems_sql),
        Migration(11, "ghosts", PackageResources.V0011_ghosts_sql),
        Migration(12, "notifications", PackageResources.V0012_notifications_sql),
        Migration(13, "preflight", PackageResources.V0013_preflight_sql),
        Migration(14, "preflight_subject", PackageResources.V0014_preflight_subject_sql),
    ]

    private init(_ version: Int, _ name: String, _ bytes: [UInt8]) {
        self.version = version
        self.name = name
        sql = String(decoding: bytes, as: UTF8.self)
    }

    /// As people and logs name it: `V0003_jobs`.
    public var title: String {
        let digits = String(version)
        return "V" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
    }
}
