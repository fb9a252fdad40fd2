import Testing

@testable import Cryptography

@Suite("Sealing") struct SealingKeyringTests {
    private static let first = Base64.encode(Array(0..<32))
    private static let second = Base64.encode(Array(100..<132))

    /// Test cases 13 to 16 of McGrew and Viega's GCM submission to NIST, those with 256-bit keys and 96-bit nonces.
    struct Vector: Sendable {
        let key: String
        let nonce: String
        let plaintext: String
        let associatedData: String
        let ciphertext: String
        let tag: String
    }

    private static let longKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    private static let longPlaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    private static let longCiphertext =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"

    static let vectors = [
        Vector(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            plaintext: "",
            associatedData: "",
            ciphertext: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        Vector(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            plaintext: String(repeating: "0", count: 32),
            associatedData: "",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        Vector(
            key: longKey,
            nonce: "cafebabefacedbaddecaf888",
            plaintext: longPlaintext,
            associatedData: "",
            ciphertext: longCiphertext,
            tag: "b094dac5d93471bdec1a502270e3cc6c"
        ),
        Vector(
            key: longKey,
            nonce: "cafebabefacedbaddecaf888",
            plaintext: String(longPlaintext.dropLast(8)),
            associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            ciphertext: String(longCiphertext.dropLast(8)),
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test(arguments: vectors) func publishedVectors(vector: Vector) throws {
        let key = try #require(Hex.decode(vector.key))
        let nonce = try #require(Hex.decode(vector.nonce))
        let plaintext = try #require(Hex.decode(vector.plaintext))
        let associatedData = try #require(Hex.decode(vector.associatedData))
        let sealed = try AESGCM.seal(plaintext, key: key, nonce: nonce, associatedData: associatedData)
        #expect(Hex.encode(sealed.ciphertext) == vector.ciphertext)
        #expect(Hex.encode(sealed.tag) == vector.tag)
        let opened = try AESGCM.open(
            sealed.ciphertext,
            tag: sealed.tag,
            key: key,
            nonce: nonce,
            associatedData: associatedData
        )
        #expect(opened == plaintext)
    }

    @Test(arguments: [0, 1, 16, 1_000_000]) func roundTrip(size: Int) throws {
        let ring = try SealingKeyring(parsing: Self.first)
        let secret = try SecureRandom.bytes(size)
        let sealed = try ring.seal(secret, associatedData: Array("cluster-1".utf8))
        #expect(try ring.open(sealed, associatedData: Array("cluster-1".utf8)) == secret)
        #expect(try ring.seal(secret, associatedData: []) != ring.seal(secret, associatedData: []))
        #expect(SealingKeyring.keyID(of: sealed) == SealingKeyring.defaultID)
    }

    @Test func formIsStable() throws {
        let ring = try SealingKeyring(parsing: "k1:\(Self.first)")
        let sealed = try ring.seal(Array("secret".utf8), associatedData: [7], nonce: Array(0..<12))
        #expect(Hex.encode(sealed.prefix(16)) == "01026b31000102030405060708090a0b")
        #expect(sealed.count == 2 + 2 + 12 + 16 + 6)
    }

    @Test func everyByteIsGuarded() throws {
        let ring = try SealingKeyring(parsing: "k1:\(Self.first),k2:\(Self.second)")
        let sealed = try ring.seal(Array("secret".utf8), associatedData: [7])
        for index in sealed.indices {
            for bit in [UInt8(1), 2, 0x80] {
                var damaged = sealed
                damaged[index] ^= bit
                #expect(throws: CryptographyError.self, "byte \(index)") {
                    try ring.open(damaged, associatedData: [7])
                }
            }
        }
        for count in sealed.indices {
            #expect(throws: CryptographyError.self) {
                try ring.open(Array(sealed.prefix(count)), associatedData: [7])
            }
        }
        for wrong in [[], [8], [7, 7]] as [[UInt8]] {
            let error = #expect(throws: CryptographyError.self) {
                try ring.open(sealed, associatedData: wrong)
            }
            #expect(error?.code == .notAuthentic)
        }
        let future = #expect(throws: CryptographyError.self) { try ring.open([2, 0], associatedData: []) }
        #expect(future?.message == "sealed data of version 2 is unknown")
    }

    @Test func rotation() throws {
        let old = try SealingKeyring(parsing: "a:\(Self.first)")
        let both = try SealingKeyring(parsing: "b:\(Self.second),a:\(Self.first)")
        let new = try SealingKeyring(parsing: "b:\(Self.second)")
        let sealed = try old.seal([1, 2, 3], associatedData: [])
        #expect(try both.open(sealed, associatedData: []) == [1, 2, 3])
        let again = try both.seal([1, 2, 3], associatedData: [])
        #expect(SealingKeyring.keyID(of: again) == "b")
        #expect(try new.open(again, associatedData: []) == [1, 2, 3])
        let error = #expect(throws: CryptographyError.self) { try new.open(sealed, associatedData: []) }
        #expect(error?.code == .unknownKey)
        #expect(error?.message == "no key has the id a")
        // The same id with another key.
        let impostor = try SealingKeyring(parsing: "a:\(Self.second)")
        #expect(throws: CryptographyError.self) { try impostor.open(sealed, associatedData: []) }
    }

    @Test func badKeysAreNamedNotShown() throws {
        let cases = [
            ("", "key 1: it has 0 bytes instead of 32"),
            ("c2VzYW1l", "key 1: it has 6 bytes instead of 32"),
            ("c2VzYW1!", "key 1: it is not base64"),
            ("\(Self.first),\(Self.second)", "key 1: it has no id: write id:base64"),
            ("a:\(Self.first),\(Self.second)", "key 2: it has no id: write id:base64"),
            ("a:\(Self.first),b:c2VzYW1l", "key 2: it has 6 bytes instead of 32"),
            ("a:\(Self.first),", "key 2: it has no id: write id:base64"),
            ("a:\(Self.first),a:\(Self.second)", "key 2: its id is used twice"),
            (":\(Self.first)", "key 1: its id is not 1 to 64 of letters, digits, '.', '_' and '-'"),
        ]
        for (text, message) in cases {
            let error = #expect(throws: CryptographyError.self) { try SealingKeyring(parsing: text) }
            #expect(error?.code == .invalidKey)
            #expect(error?.message == message)
        }
        let ring = try SealingKeyring(parsing: "a:\(Self.first)")
        var dumped = ""
        dump(ring, to: &dumped)
        #expect(!dumped.contains("31") && "\(ring)" == "keys a")
    }
}
