import COpenSSL

/// AES-256 in Galois/counter mode (NIST SP 800-38D), with a nonce of 96 bits and a tag of 128.
///
/// The nonce is a parameter for the published vectors' sake; only ``SealingKeyring`` chooses one.
enum AESGCM {
    static let keyLength = 32
    static let nonceLength = 12
    static let tagLength = 16

    static func seal(
        _ plaintext: [UInt8],
        key: [UInt8],
        nonce: [UInt8],
        associatedData: [UInt8]
    ) throws(CryptographyError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        let context = try makeContext(plaintext.count, associatedData.count)
        defer { EVP_CIPHER_CTX_free(context) }
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        var tag = [UInt8](repeating: 0, count: tagLength)
        var written: CInt = 0
        try check(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce))
        if !associatedData.isEmpty {
            try check(EVP_EncryptUpdate(context, nil, &written, associatedData, CInt(associatedData.count)))
        }
        if !plaintext.isEmpty {
            try check(EVP_EncryptUpdate(context, &ciphertext, &written, plaintext, CInt(plaintext.count)))
        }
        var rest: [UInt8] = [0]
        try check(EVP_EncryptFinal_ex(context, &rest, &written))
        try check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CInt(tagLength), &tag))
        return (ciphertext, tag)
    }

    static func open(
        _ ciphertext: [UInt8],
        tag: [UInt8],
        key: [UInt8],
        nonce: [UInt8],
        associatedData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        let context = try makeContext(ciphertext.count, associatedData.count)
        defer { EVP_CIPHER_CTX_free(context) }
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
        var expected = tag
        var written: CInt = 0
        try check(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce))
        if !associatedData.isEmpty {
            try check(EVP_DecryptUpdate(context, nil, &written, associatedData, CInt(associatedData.count)))
        }
        if !ciphertext.isEmpty {
            try check(EVP_DecryptUpdate(context, &plaintext, &written, ciphertext, CInt(ciphertext.count)))
        }
        try check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CInt(tagLength), &expected))
        var rest: [UInt8] = [0]
        guard EVP_DecryptFinal_ex(context, &rest, &written) == 1 else {
            throw CryptographyError(
                code: .notAuthentic,
                message: "the data or its associated data is not what was sealed"
            )
        }
        return plaintext
    }

    private static func makeContext(_ counts: Int...) throws(CryptographyError) -> OpaquePointer {
        guard counts.allSatisfy({ $0 <= Int(CInt.max) }) else {
            throw CryptographyError(code: .malformed, message: "more than 2 GB cannot be sealed")
        }
        guard let context = EVP_CIPHER_CTX_new() else {
            throw CryptographyError(code: .engine, message: "out of memory")
        }
        return context
    }

    private static func check(_ code: CInt) throws(CryptographyError) {
        guard code == 1 else {
            // The queue of errors belongs to the thread; ours must not be found there by others.
            ERR_clear_error()
            throw CryptographyError(code: .engine, message: "OpenSSL refused AES-256-GCM")
        }
    }
}
