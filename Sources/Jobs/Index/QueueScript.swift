import Redis

/// The scripts, each after the prelude they share.
enum QueueScript {
    static let enqueue = script("enqueue", PackageResources.enqueue_lua)
    static let claim = script("claim", PackageResources.claim_lua)
    static let extend = script("extend", PackageResources.extend_lua)
    static let settle = script("settle", PackageResources.settle_lua)
    static let expired = script("expired", PackageResources.expired_lua)
    static let locate = script("locate", PackageResources.locate_lua)
    static let missing = script("missing", PackageResources.missing_lua)
    static let stats = script("stats", PackageResources.stats_lua)
    static let peek = script("peek", PackageResources.peek_lua)
    static let cancel = script("cancel", PackageResources.cancel_lua)
    static let marked = script("marked", PackageResources.marked_lua)
    static let why = script("why", PackageResources.why_lua)

    private static func script(_ name: String, _ body: [UInt8]) -> RedisScript {
        RedisScript(name: name, source: String(decoding: PackageResources.prelude_lua + body, as: UTF8.self))
    }
}
