/// What can be done to a fleet.
enum Fault: String, CaseIterable, Sendable {
    /// SIGKILL to a worker; another is started.
    case killWorker = "worker killed"
    /// SIGSTOP to a worker until its leases have ended, then SIGCONT: it comes back with results that are late.
    case freezeWorker = "worker frozen"
    /// SIGTERM to a worker; another is started.
    case stopWorker = "worker stopped"
    /// SIGKILL to a scheduler; another is started.
    case killScheduler = "scheduler killed"
    /// SIGKILL to the API; another is started.
    case killAPI = "API killed"
    /// SIGKILL to Redis; started again with what it saved.
    case killRedis = "Redis killed"
    /// SIGSTOP to Redis for some seconds.
    case freezeRedis = "Redis frozen"
    /// `FLUSHALL`.
    case emptyRedis = "Redis emptied"
    /// Redis is killed, and started again with what it had some time before.
    case restoreRedis = "Redis restored"
    /// PostgreSQL crashes, and is started again.
    case restartPostgres = "PostgreSQL restarted"
    /// Every connection to Redis is cut.
    case cutRedis = "Redis cut off"
    /// Connections to Redis are cut once they have passed on a request: it is carried out, and nobody hears of it.
    case loseRedisReplies = "Redis replies lost"
    /// Every connection to PostgreSQL is cut.
    case cutPostgres = "PostgreSQL cut off"
    /// Connections to PostgreSQL are cut once they have passed on a statement.
    case losePostgresReplies = "PostgreSQL replies lost"
}
