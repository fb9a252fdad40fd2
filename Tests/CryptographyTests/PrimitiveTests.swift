import Testing

@testable import Cryptography

@Suite("Primitives") struct PrimitiveTests {
    // FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func sha256(message: String, hash: String) {
        #expect(Hex.encode(SHA256Digest.hash(Array(message.utf8))) == hash)
    }

    @Test func sha256OfAMillionPieceByPiece() {
        var digest = SHA256Digest()
        for _ in 0..<1_000 { digest.update(repeatElement(UInt8(ascii: "a"), count: 1_000)) }
        let hash = digest.finalize()
        #expect(Hex.encode(hash) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    // RFC 4231, test cases 1 to 4, 6 and 7.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]) func hmac(key: String, message: String, code: String) throws {
        let key = try #require(Hex.decode(key))
        let message = try #require(Hex.decode(message))
        let made = HMACSHA256.authenticationCode(for: message, key: key)
        #expect(Hex.encode(made) == code)
        #expect(HMACSHA256.isValid(made, for: message, key: key))
        #expect(!HMACSHA256.isValid(made, for: message + [0], key: key))
        #expect(!HMACSHA256.isValid(Array(made.dropLast()), for: message, key: key))
    }

    @Test func hmacOfNothing() {
        let code = HMACSHA256.authenticationCode(for: [], key: [])
        #expect(Hex.encode(code) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func comparesInConstantTime() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2], [1, 2]))
        #expect(!constantTimeEquals([1, 2], [1, 3]))
        #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
    }

    @Test func randomBytesDiffer() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        let drawn = try (0..<100).map { _ in try SecureRandom.bytes(16) }
        #expect(Set(drawn).count == 100)
        #expect(drawn.allSatisfy { $0.count == 16 })
    }

    @Test func hex() {
        #expect(Hex.encode([0, 0x7F, 0xFF] as [UInt8]) == "007fff")
        #expect(Hex.decode("007fFF") == [0, 0x7F, 0xFF])
        for bad in ["0", "0g", "é", " 00 "] { #expect(Hex.decode(bad) == nil) }
    }

    // RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func base64(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        let url = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encodeURL(Array(text.utf8)) == url)
        #expect(Base64.decodeURL(url) == Array(text.utf8))
    }

    @Test func base64IsStrict() {
        #expect(Base64.encodeURL([0xFB, 0xFF]) == "-_8")
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        for bad in ["Zg", "Zg=", "Zh==", "Zg==\n", "Z===", "====", "-_8=", "Zg==Zg==", "Zm9"] {
            #expect(Base64.decode(bad) == nil, "\(bad)")
        }
        for bad in ["Zg==", "Z", "+/8", "Zh"] { #expect(Base64.decodeURL(bad) == nil, "\(bad)") }
    }
}
