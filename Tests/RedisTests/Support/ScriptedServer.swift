import Dispatch
import Glibc
import Testing

/// A server that welcomes a client and then answers whatever it is asked with bytes of the test's choice.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: CInt

    /// Starts listening.
    ///
    /// - Parameter answer: Gets a number for each request and returns pieces to send one by one; an empty list
    ///   closes the connection, nil answers nothing.
    /// - Throws: If no socket can be had.
    init(answer: @escaping @Sendable (Int) -> [[UInt8]]?) throws {
        let listener = try loopbackSocket()
        try #require(withLoopbackAddress(port: 0) { bind(listener, $0, $1) } == 0)
        try #require(listen(listener, 16) == 0)
        port = boundPort(of: listener)
        self.listener = listener
        DispatchQueue(label: "test.scripted-server").async {
            var requests = 0
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Self.serve(connection, &requests, answer)
                close(connection)
            }
        }
    }

    func stop() {
        shutdown(listener, CInt(SHUT_RDWR))
        close(listener)
    }

    private static func serve(_ connection: CInt, _ requests: inout Int, _ answer: (Int) -> [[UInt8]]?) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var isWelcomed = false
        while recv(connection, &buffer, buffer.count, 0) > 0 {
            guard isWelcomed else {
                _ = send(connection, "+PONG\r\n", 7, CInt(MSG_NOSIGNAL))
                isWelcomed = true
                continue
            }
            requests += 1
            guard let pieces = answer(requests) else { continue }
            if pieces.isEmpty { return }
            for piece in pieces { _ = send(connection, piece, piece.count, CInt(MSG_NOSIGNAL)) }
        }
    }
}
