import CHiredis

/// Turns the bytes of a connection into replies, with hiredis's incremental reader.
///
/// Bytes may be cut anywhere. After an error the reader is of no more use, nor is the connection.
package struct ReplyReader: ~Copyable {
    private let raw: UnsafeMutablePointer<redisReader>
    private let builder: ReplyBuilder
    private let maximumReplyBytes: Int
    private var unfinishedBytes = 0

    /// Makes a reader.
    ///
    /// - Parameter maximumReplyBytes: The most bytes kept for a reply that is not complete yet.
    package init(maximumReplyBytes: Int) {
        guard let raw = redisReaderCreateWithFunctions(ReplyBuilder.functions) else {
            preconditionFailure("out of memory for a reply reader")
        }
        self.raw = raw
        self.maximumReplyBytes = maximumReplyBytes
        builder = ReplyBuilder()
        raw.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
        // Keep the buffer between reads; a huge one is still given back.
        raw.pointee.maxbuf = 1 << 20
    }

    deinit { redisReaderFree(raw) }

    /// Takes bytes and appends the replies they complete.
    ///
    /// - Parameters:
    ///   - bytes: What arrived.
    ///   - replies: Gets the complete replies, in order; those before an error are added as well.
    /// - Throws: ``RedisError`` with the code `protocolViolation`.
    package mutating func read(_ bytes: UnsafeRawBufferPointer, into replies: inout [RedisValue])
        throws(RedisError)
    {
        // The reader moves what it has not parsed yet to the front from time to time, so small pieces are
        // cheaper than one large one.
        var start = 0
        while start < bytes.count {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 16384, bytes.count)])
            start += piece.count
            try check(
                redisReaderFeed(raw, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count)
            )
            unfinishedBytes += piece.count
            while let reply = try next() {
                replies.append(reply)
                unfinishedBytes = raw.pointee.len - raw.pointee.pos
            }
            guard unfinishedBytes <= maximumReplyBytes else {
                throw RedisError(.protocolViolation, "reply is longer than the limit")
            }
        }
    }

    private func next() throws(RedisError) -> RedisValue? {
        var found: UnsafeMutableRawPointer?
        try check(redisReaderGetReply(raw, &found))
        guard found != nil else { return nil }
        return builder.take()
    }

    /// hiredis's own message may quote the offending byte, which may be payload: it is not passed on.
    private func check(_ status: CInt) throws(RedisError) {
        guard status != REDIS_OK else { return }
        throw RedisError(.protocolViolation, "reply is malformed (reader error \(raw.pointee.err))")
    }
}
