/// Every environment variable we read.
///
/// `docs/configuration.md` explains each; a test compares the two.
public enum SettingKey: String, Sendable, CaseIterable {
    case databaseURL = "DATABASE_URL"
    case databaseHost = "DB_HOST"
    case databasePort = "DB_PORT"
    case databaseName = "DB_NAME"
    case databaseUser = "DB_USER"
    case databasePassword = "DB_PASSWORD"
    case databasePoolSize = "DB_POOL_SIZE"
    case redisURL = "REDIS_URL"
    case redisHost = "REDIS_HOST"
    case redisPort = "REDIS_PORT"
    case serverHost = "CENTRAL_SERVER_HOST"
    case serverPort = "CENTRAL_SERVER_PORT"
    case masterKey = "CLOUDOPTIM_MASTER_KEY"
    case adminAPIKey = "CLOUDOPTIM_ADMIN_API_KEY"
    case allowPrivateEndpoints = "CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS"
    case fleet = "CLOUDOPTIM_FLEET"
    case priceTable = "CLOUDOPTIM_PRICE_TABLE"
    case rateLimit = "CLOUDOPTIM_RATE_LIMIT"
    case queueLimit = "CLOUDOPTIM_QUEUE_LIMIT"
    case workerQueues = "WORKER_QUEUES"
    case workerConcurrency = "WORKER_CONCURRENCY"
    case workerReserve = "WORKER_RESERVE"
    case drainSeconds = "DRAIN_SECONDS"
    case kubernetesTimeout = "K8S_API_TIMEOUT_SECONDS"
    case kubernetesAttempts = "K8S_API_RETRY_ATTEMPTS"
    case kubernetesBackoff = "K8S_API_BACKOFF_FACTOR"
    case metricsInterval = "METRICS_INTERVAL_SECONDS"
    case ghostScanner = "GHOST_PROBE_SCANNER_ENABLED"
    case ghostScanInterval = "GHOST_SCAN_INTERVAL_HOURS"
    case ghostGrace = "GHOST_GRACE_HOURS"
    case ghostMinimumAge = "GHOST_MIN_AGE_MINUTES"
    case ghostScanSpacing = "GHOST_SCAN_MIN_SPACING_MINUTES"
    case ghostsPerRun = "GHOST_TERMINATIONS_PER_RUN"
    case ghostsPerDay = "GHOST_TERMINATIONS_PER_DAY"
    case zombieVolumes = "ZOMBIE_VOLUME_CLEANUP_ENABLED"
    case zombieVolumeDays = "ZOMBIE_VOLUME_DAYS"
    case jobRetention = "JOB_RETENTION_DAYS"
    case metricsRetention = "METRICS_RETENTION_DAYS"
    case metricsHost = "METRICS_HOST"
    case metricsPort = "METRICS_PORT"
    case queueMessages = "SQS_MAX_MESSAGES"
    case queueVisibility = "SQS_VISIBILITY_TIMEOUT"
    case queueWait = "SQS_WAIT_TIME_SECONDS"
    case queuePollInterval = "SQS_POLL_INTERVAL_SECONDS"
    case mailServer = "CLOUDOPTIM_SMTP_URL"
    case mailSender = "CLOUDOPTIM_SMTP_FROM"
    case logLevel = "LOG_LEVEL"

    /// Whether its value must not be shown.
    public var isSecret: Bool {
        switch self {
        case .databaseURL, .databasePassword, .redisURL, .masterKey, .adminAPIKey, .mailServer: true
        default: false
        }
    }
}
