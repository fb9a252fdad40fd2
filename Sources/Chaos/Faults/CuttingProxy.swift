import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy on the loopback address that can cut what passes through it.
final class CuttingProxy: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// How many answers are still to be lost.
        var repliesToLose = 0
        /// Whether no connection is taken.
        var refuses = false
    }

    /// Where it listens.
    let port: Int
    private let server: any Channel
    private let state: Switch

    /// Shared with the handlers of all connections.
    final class Switch: Sendable {
        private let state = Mutex(State())

        func opened(_ channel: any Channel) {
            state.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
        }

        func closed(_ channel: any Channel) {
            state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }

        var refuses: Bool {
            get { state.withLock(\.refuses) }
            set { state.withLock { $0.refuses = newValue } }
        }

        func loseReplies(_ count: Int) {
            state.withLock { $0.repliesToLose = count }
        }

        /// Whether the answer that is just passing is to be lost.
        func takesReply() -> Bool {
            state.withLock { state in
                guard state.repliesToLose > 0 else { return false }
                state.repliesToLose -= 1
                return true
            }
        }

        var all: [any Channel] { state.withLock { Array($0.channels.values) } }
    }

    /// Listens, and passes connections on.
    ///
    /// - Parameters:
    ///   - target: The port on the loopback address that connections go to.
    ///   - group: Runs it.
    /// - Throws: An error of the sockets.
    init(to target: Int, on group: any EventLoopGroup) async throws {
        let state = Switch()
        server = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                guard !state.refuses else { return client.close() }
                state.opened(client)
                let connected = ClientBootstrap(group: client.eventLoop)
                    .connectTimeout(.seconds(2))
                    .channelInitializer { upstream in
                        upstream.eventLoop.makeCompletedFuture {
                            let glue = Passage(peer: client, state: state, carriesReplies: true)
                            try upstream.pipeline.syncOperations.addHandler(glue)
                        }
                    }
                    .connect(host: "127.0.0.1", port: target)
                return connected.flatMapThrowing { upstream in
                    let glue = Passage(peer: upstream, state: state, carriesReplies: false)
                    try client.pipeline.syncOperations.addHandler(glue)
                    client.setOption(.autoRead, value: true).whenComplete { _ in }
                }.flatMapErrorThrowing { error in
                    client.close(promise: nil)
                    throw error
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.state = state
        guard let port = server.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        self.port = port
    }

    /// Cuts every connection there is.
    func cut() {
        for channel in state.all { channel.close(promise: nil) }
    }

    /// Cuts every connection, and each new one at once, until told otherwise.
    func refuse(_ refuses: Bool) {
        state.refuses = refuses
        if refuses { cut() }
    }

    /// Loses the next answers: each connection that brings one is cut instead.
    func loseReplies(_ count: Int) {
        state.loseReplies(count)
    }

    /// One direction of a connection.
    private final class Passage: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let peer: any Channel
        private let state: Switch
        private let carriesReplies: Bool

        init(peer: any Channel, state: Switch, carriesReplies: Bool) {
            self.peer = peer
            self.state = state
            self.carriesReplies = carriesReplies
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if carriesReplies, state.takesReply() {
                context.close(promise: nil)
                return
            }
            peer.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            if !carriesReplies { state.closed(context.channel) }
            peer.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
