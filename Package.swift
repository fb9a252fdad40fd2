// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "cloudoptim",
    products: [
        .executable(name: "cloudoptim", targets: ["OpsCLI"]),
        .executable(name: "cloudoptim-api", targets: ["API"]),
        .executable(name: "cloudoptim-bench", targets: ["Bench"]),
        .executable(name: "cloudoptim-chaos", targets: ["Chaos"]),
        .executable(name: "cloudoptim-sandbox", targets: ["Sandbox"]),
        .executable(name: "cloudoptim-scheduler", targets: ["Scheduler"]),
        .executable(name: "cloudoptim-worker", targets: ["Worker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // MARK: C libraries, each imported by exactly one Swift target (OpenSSL by two: sockets and sealing)

        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        // MARK: Adapters

        .target(name: "BlockingIO"),
        .target(name: "Cryptography", dependencies: ["COpenSSL"]),
        .target(name: "HTTPClient", dependencies: ["BlockingIO", "CCurl", .logging]),
        .target(name: "Postgres", dependencies: ["BlockingIO", "CLibPQ", .logging]),
        .target(name: "Redis", dependencies: ["BlockingIO", "CHiredis", "COpenSSL", .logging]),

        // MARK: Remote systems

        .target(name: "AWS", dependencies: ["Cryptography", "HTTPClient", .logging]),
        .target(name: "Kubernetes", dependencies: ["HTTPClient", .logging]),

        // MARK: Domain

        .target(name: "Drain", dependencies: ["Kubernetes", .logging]),
        .target(name: "Ghosts"),
        .target(
            name: "Jobs",
            dependencies: ["Cryptography", "Redis", "Store", .logging, .metrics, .serviceLifecycle],
            resources: [.embedInCode("Scripts")]
        ),
        .target(name: "Interruptions", dependencies: ["Jobs", "Store"]),
        .target(name: "Notifications", dependencies: ["Cryptography", "Store"]),
        .target(name: "Optimizer", resources: [.embedInCode("Prices")]),
        .target(name: "Preflight", dependencies: ["Jobs", "Store"]),
        .target(
            name: "Store",
            dependencies: ["Cryptography", "Postgres", .logging],
            resources: [.embedInCode("Migrations")]
        ),

        // MARK: Processes

        .target(
            name: "Bootstrap",
            dependencies: [
                "AWS", "Cryptography", "HTTPClient", "Jobs", "Kubernetes", "Postgres", "Redis", "Store",
                .configuration, .coreMetrics, .logging, .metrics, .serviceLifecycle, .unixSignals,
            ]
        ),
        .target(
            name: "Telemetry",
            dependencies: [
                "Bootstrap", "Redis", "Store", .httpTypes, .hummingbird, .logging, .nioCore,
                .serviceLifecycle,
            ]
        ),
        .executableTarget(
            name: "API",
            dependencies: [
                "AWS", "Bootstrap", "Cryptography", "HTTPClient", "Interruptions", "Jobs", "Kubernetes",
                "Notifications", "Store", "Telemetry",
                .argumentParser, .httpTypes, .hummingbird, .logging, .metrics, .nioCore, .serviceLifecycle,
            ],
            resources: [.embedInCode("OpenAPI/openapi.json")]
        ),
        .executableTarget(
            name: "Bench",
            dependencies: ["Bootstrap", "Jobs", "Postgres", "Redis", "Store", .argumentParser, .logging]
        ),
        .executableTarget(
            name: "OpsCLI",
            dependencies: [
                "Bootstrap", "Cryptography", "Jobs", "Postgres", "Redis", "Store", .argumentParser, .logging,
            ]
        ),
        .executableTarget(
            name: "Sandbox",
            dependencies: [
                .argumentParser, .asn1, .certificates, .crypto, .httpTypes, .hummingbird, .hummingbirdTLS,
                .logging, .serviceLifecycle, .unixSignals,
            ]
        ),
        .executableTarget(
            name: "Scheduler",
            dependencies: [
                "AWS", "Bootstrap", "HTTPClient", "Interruptions", "Jobs", "Postgres", "Store", "Telemetry",
                .argumentParser, .logging, .metrics, .serviceLifecycle,
            ]
        ),
        .executableTarget(
            name: "Worker",
            dependencies: [
                "AWS", "Bootstrap", "Cryptography", "Drain", "Ghosts", "HTTPClient", "Jobs", "Kubernetes",
                "Notifications", "Optimizer", "Preflight", "Store", "Telemetry", .argumentParser, .logging,
                .metrics, .serviceLifecycle,
            ]
        ),

        // MARK: Tests

        .executableTarget(
            name: "Chaos",
            dependencies: [
                "Cryptography", "HTTPClient", "Postgres", "Store", "TestKit", .argumentParser, .logging,
                .nioCore,
                .nioPosix,
            ]
        ),
        .target(
            name: "TestKit",
            dependencies: ["Cryptography", "HTTPClient", "Jobs", "Postgres", "Redis", "Store", .logging]
        ),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "Bootstrap", "Cryptography", "HTTPClient", "Jobs", "Postgres", "Store", "Telemetry",
                "TestKit", .configuration, .httpTypes, .hummingbird, .hummingbirdTesting, .logging, .nioCore,
            ]
        ),
        .testTarget(
            name: "AWSTests",
            dependencies: ["AWS", "Cryptography", "HTTPClient", "TestKit", .logging]
        ),
        .testTarget(name: "BenchTests", dependencies: ["Bench", "Store"]),
        .testTarget(
            name: "BootstrapTests",
            dependencies: [
                "AWS", "Bootstrap", "Cryptography", "HTTPClient", "Kubernetes", "Redis", "Store", "TestKit",
                .configuration, .coreMetrics, .logging,
            ]
        ),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography"]),
        .testTarget(
            name: "DrainTests",
            dependencies: ["Drain", "HTTPClient", "Kubernetes", "TestKit", .logging]
        ),
        .testTarget(name: "GhostsTests", dependencies: ["Ghosts"]),
        .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", .logging]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "API", "Cryptography", "HTTPClient", "Jobs", "OpsCLI", "Postgres", "Redis", "Sandbox",
                "Scheduler", "Store", "TestKit", "Worker", .logging,
            ]
        ),
        .testTarget(
            name: "InterruptionsTests",
            dependencies: ["Interruptions", "Jobs", "Postgres", "Store", "TestKit", .logging]
        ),
        .testTarget(
            name: "JobsTests",
            dependencies: [
                "Cryptography", "Jobs", "Postgres", "Redis", "Store", "TestKit", .logging, .serviceLifecycle,
                .serviceLifecycleTestKit,
            ]
        ),
        .testTarget(
            name: "KubernetesTests",
            dependencies: ["HTTPClient", "Kubernetes", "TestKit", .logging]
        ),
        .testTarget(
            name: "NotificationsTests",
            dependencies: ["Cryptography", "HTTPClient", "Notifications", "Store", "TestKit"]
        ),
        .testTarget(name: "OptimizerTests", dependencies: ["Optimizer"]),
        .testTarget(name: "OpsCLITests", dependencies: ["Jobs", "OpsCLI", "Store", "TestKit"]),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres"]),
        .testTarget(name: "PreflightTests", dependencies: ["Jobs", "Preflight"]),
        .testTarget(name: "RedisTests", dependencies: ["Redis", "TestKit", .logging]),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "AWS", "HTTPClient", "Sandbox", .asn1, .certificates, .hummingbird, .hummingbirdTesting,
                .logging,
            ]
        ),
        .testTarget(
            name: "SchedulerTests",
            dependencies: [
                "AWS", "Bootstrap", "HTTPClient", "Interruptions", "Jobs", "Postgres", "Scheduler", "Store",
                "TestKit", .configuration, .logging, .serviceLifecycle, .serviceLifecycleTestKit,
            ]
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Cryptography", "Postgres", "Store", "TestKit", .logging]
        ),
        .testTarget(
            name: "WorkerTests",
            dependencies: [
                "AWS", "Bootstrap", "Cryptography", "Drain", "Ghosts", "HTTPClient", "Jobs", "Kubernetes",
                "Notifications", "Optimizer", "Postgres", "Preflight", "Sandbox", "Store", "TestKit",
                "Worker",
                .argumentParser, .configuration, .coreMetrics, .logging,
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// One place for every target's settings, so that none can differ by accident.
for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
}

extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asn1: Self = .product(name: "SwiftASN1", package: "swift-asn1")
    static let certificates: Self = .product(name: "X509", package: "swift-certificates")
    static let configuration: Self = .product(name: "Configuration", package: "swift-configuration")
    static let coreMetrics: Self = .product(name: "CoreMetrics", package: "swift-metrics")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let httpTypes: Self = .product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTesting: Self = .product(name: "HummingbirdTesting", package: "hummingbird")
    static let hummingbirdTLS: Self = .product(name: "HummingbirdTLS", package: "hummingbird")
    static let inMemoryLogging: Self = .product(name: "InMemoryLogging", package: "swift-log")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let metrics: Self = .product(name: "Metrics", package: "swift-metrics")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let serviceLifecycleTestKit: Self = .product(
        name: "ServiceLifecycleTestKit",
        package: "swift-service-lifecycle"
    )
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
}
