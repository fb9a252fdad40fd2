import FoundationEssentials
import Store
import Testing

struct UUIDVersion7Tests {
    @Test func sortsByItsTime() {
        let start = Date(millisecondsSince1970: 1_760_000_000_000)
        let identifiers = (0..<500).map { UUID.version7(at: start.addingTimeInterval(Double($0) / 1000)) }
        #expect(identifiers.map(\.text) == identifiers.map(\.text).sorted())
    }

    @Test func sortsInTheOrderOfMakingWithinAMillisecond() {
        // A time of its own: other tests make identifiers meanwhile.
        let instant = Date(millisecondsSince1970: 1_234_567_890_123)
        let identifiers = (0..<1000).map { _ in UUID.version7(at: instant).text }
        let inversions = zip(identifiers, identifiers.dropFirst()).filter { $0 >= $1 }
        // Another test's identifier in between starts the count anew.
        #expect(inversions.count < 100)
    }

    @Test func hasVersionVariantAndTime() {
        let instant = Date(millisecondsSince1970: 1_645_557_742_000)
        let id = UUID.version7(at: instant)
        #expect(id.version7Milliseconds == 1_645_557_742_000)
        #expect(id.bytes[6] >> 4 == 7)
        #expect(id.bytes[8] >> 6 == 2)
    }

    /// The example of RFC 9562, appendix A.6.
    @Test func isThePublishedVector() {
        let digest: [UInt8] = [0, 0, 0, 0, 0, 0, 0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F]
        let id = UUID.version7(at: Date(millisecondsSince1970: 0x017F_22E2_79B0), digest: digest)
        #expect(id.text == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test func isTheSameForTheSameDigest() {
        let instant = Date(millisecondsSince1970: 1_760_000_000_123)
        let digest = [UInt8](0..<32)
        #expect(UUID.version7(at: instant, digest: digest) == UUID.version7(at: instant, digest: digest))
        #expect(
            UUID.version7(at: instant, digest: digest)
                != UUID.version7(at: instant, digest: digest.reversed())
        )
    }

    @Test func isReadFromSixteenBytesOnly() {
        let id = UUID.version7()
        #expect(UUID(bytes: id.bytes) == id)
        #expect(UUID(bytes: id.bytes.dropLast()) == nil)
        #expect(UUID(bytes: id.bytes + [0]) == nil)
    }
}
