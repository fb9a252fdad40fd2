import FoundationEssentials
import Hummingbird
import HummingbirdTLS
import Logging

/// Puts the sandbox's parts together: the clusters and its own switches over TLS, and AWS's APIs at a port of their own.
struct SandboxServer: Sendable {
    let account: CustomerAccount
    var now: @Sendable () -> Double = { Date().timeIntervalSince1970 }
    /// Keeps the external id that the customer's role trusts.
    var keep: @Sendable (String) throws -> Void = { _ in }

    var router: Router<SandboxRequestContext> {
        let router = Router(context: SandboxRequestContext.self)
        router.get("health") { _, _ in "ok" }
        let own = router.group("sandbox")
        FaultRoutes(fleet: account.fleet).add(to: own)
        CustomerRoutes(account: account, keep: keep).add(to: own)
        InterruptionRoutes(account: account, now: now).add(to: own)
        GhostRoutes(account: account, now: now).add(to: own)
        WebhookRoutes(book: account.webhooks, now: now).add(to: own)
        KubernetesRoutes(now: now).add(
            to: router.group("clusters/:cluster").add(middleware: ClusterGate(fleet: account.fleet))
        )
        return router
    }

    var awsRouter: Router<SandboxRequestContext> {
        let router = Router(context: SandboxRequestContext.self)
        // Here, too: who sends trusts no authority of ours.
        WebhookRoutes(book: account.webhooks, now: now).addReceiver(to: router.group("sandbox"))
        AWSRoutes(account: account, now: now).add(to: router)
        return router
    }

    /// The clusters over TLS on a loopback port.
    ///
    /// - Parameters:
    ///   - port: The port; 0 for a free one.
    ///   - identity: The server's certificate and key.
    ///   - logger: For the web server.
    ///   - onRunning: Told the port when connections are accepted.
    /// - Returns: The application, to be run.
    /// - Throws: If the certificate or its key is of no use.
    func application(
        port: Int,
        identity: CertificateAuthority.Identity,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) throws -> some ApplicationProtocol {
        let tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
        )
        return Application(
            router: router,
            server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: Self.configuration(port),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }

    /// AWS's APIs on a loopback port, without TLS: clients trust no authority of ours for AWS.
    ///
    /// - Parameters:
    ///   - port: The port; 0 for a free one.
    ///   - logger: For the web server.
    ///   - onRunning: Told the port when connections are accepted.
    /// - Returns: The application, to be run.
    func awsApplication(
        port: Int,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            router: awsRouter,
            configuration: Self.configuration(port),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }

    private static func configuration(_ port: Int) -> ApplicationConfiguration {
        .init(address: .hostname("127.0.0.1", port: port), serverName: "cloudoptim-sandbox")
    }
}
