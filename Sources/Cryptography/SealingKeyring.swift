/// Keys that seal secrets for storage.
///
/// The first key seals; every key opens what it sealed. To rotate, put a new key in front, seal everything
/// again, then drop the old one.
///
/// Sealed data is: one byte of version (1), one byte with the length of the key's id, the id in UTF-8, a random
/// nonce of 12 bytes, the tag of 16 bytes, and the ciphertext. All that comes before the nonce is authenticated
/// together with the associated data.
public struct SealingKeyring: Sendable, CustomStringConvertible, CustomReflectable {
    private struct Key: Sendable {
        let id: String
        let bytes: [UInt8]
    }

    /// The id of a key given without one.
    public static let defaultID = "default"
    private static let version: UInt8 = 1
    private static let longestID = 64

    private let keys: [Key]

    /// Takes one key, `base64`, or several, `id:base64,id:base64`, each of 32 bytes.
    ///
    /// - Throws: ``CryptographyError`` with code `invalidKey`, saying which key is wrong and why, never the key.
    public init(parsing text: String) throws(CryptographyError) {
        let entries = text.split(separator: ",", omittingEmptySubsequences: false)
        var keys: [Key] = []
        for (index, entry) in entries.enumerated() {
            let key = try Self.parse(entry, number: index + 1, isOnly: entries.count == 1)
            guard !keys.contains(where: { $0.id == key.id }) else {
                throw Self.invalid(index + 1, "its id is used twice")
            }
            keys.append(key)
        }
        self.keys = keys
    }

    /// The id of the key that seals.
    public var sealingKeyID: String { keys[0].id }
    /// The ids of all keys, the sealing one first.
    public var keyIDs: [String] { keys.map(\.id) }
    /// The ids of the keys, never the keys.
    public var description: String { "keys \(keyIDs.joined(separator: ", "))" }
    /// Only the ids, so that no dump shows a key.
    public var customMirror: Mirror { Mirror(self, children: ["keyIDs": keyIDs]) }

    /// Seals bytes with the first key and a random nonce.
    ///
    /// - Parameters:
    ///   - plaintext: The secret.
    ///   - associatedData: What the secret belongs to, such as a record's id. Opening needs the same.
    /// - Returns: The sealed form, 38 bytes longer than the secret plus the length of the key's id less 8.
    /// - Throws: ``CryptographyError`` with code `engine`.
    public func seal(_ plaintext: [UInt8], associatedData: [UInt8]) throws(CryptographyError) -> [UInt8] {
        try seal(plaintext, associatedData: associatedData, nonce: SecureRandom.bytes(AESGCM.nonceLength))
    }

    /// Opens what ``seal(_:associatedData:)`` made.
    ///
    /// - Returns: The secret.
    /// - Throws: ``CryptographyError`` with code `malformed`, `unknownKey` or `notAuthentic`.
    public func open(_ sealed: [UInt8], associatedData: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard let version = sealed.first else {
            throw CryptographyError(code: .malformed, message: "the sealed data is empty")
        }
        guard version == Self.version else {
            throw CryptographyError(code: .malformed, message: "sealed data of version \(version) is unknown")
        }
        let headerLength = sealed.count > 1 ? 2 + Int(sealed[1]) : sealed.count + 1
        let bodyStart = headerLength + AESGCM.nonceLength + AESGCM.tagLength
        guard sealed.count >= bodyStart, let id = String(validating: sealed[2..<headerLength], as: UTF8.self)
        else {
            throw CryptographyError(code: .malformed, message: "the sealed data is cut short or damaged")
        }
        guard Self.isValid(id: id) else {
            throw CryptographyError(code: .malformed, message: "the sealed data names no proper key id")
        }
        guard let key = keys.first(where: { $0.id == id }) else {
            throw CryptographyError(code: .unknownKey, message: "no key has the id \(id)")
        }
        let tagStart = headerLength + AESGCM.nonceLength
        return try AESGCM.open(
            Array(sealed[bodyStart...]),
            tag: Array(sealed[tagStart..<bodyStart]),
            key: key.bytes,
            nonce: Array(sealed[headerLength..<tagStart]),
            associatedData: sealed[..<headerLength] + associatedData
        )
    }

    /// The id of the key that sealed the data; nil if it is no sealed data.
    ///
    /// Tells what is left to seal again.
    public static func keyID(of sealed: [UInt8]) -> String? {
        guard sealed.count > 2, sealed[0] == version, sealed.count >= 2 + Int(sealed[1]) else { return nil }
        return String(validating: sealed[2..<2 + Int(sealed[1])], as: UTF8.self)
    }

    func seal(
        _ plaintext: [UInt8],
        associatedData: [UInt8],
        nonce: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        let key = keys[0]
        let header = [Self.version, UInt8(key.id.utf8.count)] + Array(key.id.utf8)
        let (ciphertext, tag) = try AESGCM.seal(
            plaintext,
            key: key.bytes,
            nonce: nonce,
            associatedData: header + associatedData
        )
        return header + nonce + tag + ciphertext
    }

    private static func parse(
        _ entry: Substring,
        number: Int,
        isOnly: Bool
    ) throws(CryptographyError) -> Key {
        let parts = entry.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 || isOnly else { throw invalid(number, "it has no id: write id:base64") }
        let id = parts.count == 2 ? String(parts[0]) : defaultID
        guard isValid(id: id) else {
            throw invalid(number, "its id is not 1 to \(longestID) of letters, digits, '.', '_' and '-'")
        }
        guard let bytes = Base64.decode(String(parts[parts.count - 1])) else {
            throw invalid(number, "it is not base64")
        }
        guard bytes.count == AESGCM.keyLength else {
            throw invalid(number, "it has \(bytes.count) bytes instead of \(AESGCM.keyLength)")
        }
        return Key(id: id, bytes: bytes)
    }

    private static func isValid(id: String) -> Bool {
        (1...longestID).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func invalid(_ number: Int, _ reason: String) -> CryptographyError {
        CryptographyError(code: .invalidKey, message: "key \(number): \(reason)")
    }
}
