import FoundationEssentials
import Hummingbird
import HummingbirdTLS
import Logging

/// Puts the sandbox's parts together.
struct SandboxServer: Sendable {
    let fleet: Fleet
    var now: @Sendable () -> Double = { Date().timeIntervalSince1970 }

    var router: Router<SandboxRequestContext> {
        let router = Router(context: SandboxRequestContext.self)
        router.get("health") { _, _ in "ok" }
        FaultRoutes(fleet: fleet).add(to: router.group("sandbox"))
        KubernetesRoutes(now: now).add(
            to: router.group("clusters/:cluster").add(middleware: ClusterGate(fleet: fleet))
        )
        return router
    }

    /// The application over TLS on a loopback port.
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
            configuration: .init(
                address: .hostname("127.0.0.1", port: port),
                serverName: "cloudoptim-sandbox"
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }
}
