// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "cloudoptim",
    products: [
        .executable(name: "cloudoptim", targets: ["OpsCLI"]),
        .executable(name: "cloudoptim-api", targets: ["API"]),
        .executable(name: "cloudoptim-sandbox", targets: ["Sandbox"]),
        .executable(name: "cloudoptim-scheduler", targets: ["Scheduler"]),
        .executable(name: "cloudoptim-worker", targets: ["Worker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
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

        .target(name: "Kubernetes", dependencies: ["HTTPClient", .logging]),

        // MARK: Tests

        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography"]),
        .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", .logging]),
        .testTarget(name: "KubernetesTests", dependencies: ["HTTPClient", "Kubernetes", .logging]),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres"]),
        .testTarget(name: "RedisTests", dependencies: ["Redis"]),
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
    static let certificates: Self = .product(name: "X509", package: "swift-certificates")
    static let configuration: Self = .product(name: "Configuration", package: "swift-configuration")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTesting: Self = .product(name: "HummingbirdTesting", package: "hummingbird")
    static let hummingbirdTLS: Self = .product(name: "HummingbirdTLS", package: "hummingbird")
    static let inMemoryLogging: Self = .product(name: "InMemoryLogging", package: "swift-log")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let metrics: Self = .product(name: "Metrics", package: "swift-metrics")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
}
