import Dispatch
import Testing

@testable import Bootstrap

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

@Suite(.timeLimit(.minutes(1))) struct LogOutputTests {
    /// A pipe whose writing end is a log's output.
    private final class Pipe: Sendable {
        let reading: CInt
        let writing: CInt

        init() throws {
            var ends: [CInt] = [0, 0]
            try #require(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
        }

        /// What is there; waits for at least one byte.
        func read() -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = Glibc.read(reading, &bytes, bytes.count)
            return Array(bytes.prefix(max(0, count)))
        }

        /// Whether a byte could be read without waiting.
        var hasBytes: Bool {
            var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            return poll(&entry, 1, 0) == 1
        }

        deinit {
            close(reading)
            close(writing)
        }
    }

    @Test func hasWrittenAnUrgentLineAndAllBeforeItOnReturn() throws {
        let pipe = try Pipe()
        let output = LogOutput(descriptor: pipe.writing)
        output.write(Array("one".utf8), isUrgent: false)
        output.write(Array("two".utf8), isUrgent: false)
        output.write(Array("three".utf8), isUrgent: true)
        var text = ""
        while pipe.hasBytes { text += String(decoding: pipe.read(), as: UTF8.self) }
        #expect(text == "one\ntwo\nthree\n")
    }

    @Test func hasWrittenAllWhenFlushReturns() throws {
        let pipe = try Pipe()
        let output = LogOutput(descriptor: pipe.writing)
        for number in 0..<100 { output.write(Array("\(number)".utf8), isUrgent: false) }
        output.flush()
        var text = ""
        while pipe.hasBytes { text += String(decoding: pipe.read(), as: UTF8.self) }
        #expect(text == (0..<100).map { "\($0)\n" }.joined())
    }

    @Test func writesByItself() throws {
        let pipe = try Pipe()
        let output = LogOutput(descriptor: pipe.writing)
        output.write(Array("alone".utf8), isUrgent: false)
        #expect(String(decoding: pipe.read(), as: UTF8.self) == "alone\n")
    }

    @Test func keepsTheLinesOfManyThreadsWholeAndInOrder() throws {
        let pipe = try Pipe()
        let output = LogOutput(descriptor: pipe.writing)
        let threads = 8
        let lines = 2000
        DispatchQueue.global().async {
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                for number in 0..<lines {
                    output.write(Array("\(thread) \(number)".utf8), isUrgent: number % 100 == 99)
                }
            }
        }
        var bytes: [UInt8] = []
        var count = 0
        while count < threads * lines {
            let more = pipe.read()
            count += more.count { $0 == UInt8(ascii: "\n") }
            bytes += more
        }
        var next = [Int](repeating: 0, count: threads)
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ").compactMap { Int($0) }
            try #require(parts.count == 2)
            #expect(parts[1] == next[parts[0]])
            next[parts[0]] += 1
        }
        #expect(next == Array(repeating: lines, count: threads))
    }
}
