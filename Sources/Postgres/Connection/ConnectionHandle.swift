import CLibPQ

/// The owner of a libpq connection.
struct ConnectionHandle: ~Copyable {
    let raw: OpaquePointer

    init(adopting raw: OpaquePointer) { self.raw = raw }

    deinit { PQfinish(raw) }
}
