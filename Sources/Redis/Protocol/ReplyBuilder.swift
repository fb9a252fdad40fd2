import CHiredis

/// Collects what hiredis's reader finds into one ``RedisValue``, without a tree of C replies in between.
///
/// The reader walks a reply depth first, so a stack of open arrays is enough. It belongs to one
/// ``ReplyReader`` and is only called from within that reader's C calls.
final class ReplyBuilder {
    private struct OpenArray {
        var elements: [RedisValue]
        var missing: Int
    }

    private var open: [OpenArray] = []
    private var complete: RedisValue?

    /// Adds a value at the current place.
    func add(_ value: RedisValue) {
        var value = value
        while var array = open.popLast() {
            array.elements.append(value)
            array.missing -= 1
            guard array.missing == 0 else {
                open.append(array)
                return
            }
            value = .array(array.elements)
        }
        complete = value
    }

    /// Opens an array of so many elements.
    func addArray(count: Int) {
        guard count > 0 else { return add(.array([])) }
        var elements: [RedisValue] = []
        // The count is the server's claim: it reserves memory only up to a bound.
        elements.reserveCapacity(min(count, 1024))
        open.append(OpenArray(elements: elements, missing: count))
    }

    /// Returns the complete reply and starts afresh.
    func take() -> RedisValue? {
        open.removeAll(keepingCapacity: true)
        return complete.take()
    }
}

extension ReplyBuilder {
    /// The callbacks given to `redisReaderCreateWithFunctions`.
    ///
    /// Written here once and only read after, by C through the pointer.
    nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(
            to: redisReplyObjectFunctions(
                createString: { task, start, length in
                    ReplyBuilder.with(task) { builder, task in
                        let bytes = UnsafeRawBufferPointer(start: start, count: length)
                        switch task.type {
                        case REDIS_REPLY_STATUS: builder.add(.status(String(decoding: bytes, as: UTF8.self)))
                        case REDIS_REPLY_ERROR: builder.add(.error(String(decoding: bytes, as: UTF8.self)))
                        default: builder.add(.bulk(Array(bytes)))
                        }
                    }
                },
                createArray: { task, count in
                    ReplyBuilder.with(task) { builder, _ in builder.addArray(count: Int(count)) }
                },
                createInteger: { task, value in
                    ReplyBuilder.with(task) { builder, _ in builder.add(.integer(value)) }
                },
                createNil: { task in
                    ReplyBuilder.with(task) { builder, _ in builder.add(.null) }
                },
                freeObject: { _ in }
            )
        )
        return functions
    }()

    /// Calls the body with the builder of a read task; the result only tells hiredis "not out of memory".
    private static func with(
        _ task: UnsafePointer<redisReadTask>?,
        _ body: (ReplyBuilder, redisReadTask) -> Void
    ) -> UnsafeMutableRawPointer? {
        guard let task, let context = task.pointee.privdata else { return nil }
        body(Unmanaged<ReplyBuilder>.fromOpaque(context).takeUnretainedValue(), task.pointee)
        return UnsafeMutableRawPointer(bitPattern: 1)
    }
}
