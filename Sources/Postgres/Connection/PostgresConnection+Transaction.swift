import Logging

/// What a transaction sees of others that run at the same time.
public enum PostgresIsolation: String, Sendable {
    /// Each statement sees what was committed before it.
    case readCommitted = "READ COMMITTED"
    /// All statements see the same state; a conflicting write fails with 40001.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after the other; any conflict fails with 40001.
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs the body in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: What the body threw, or ``PostgresError``. If the connection breaks under the COMMIT the error is
    ///   `connectionLost` with ``PostgresError/outcomeUnknown`` set.
    @discardableResult
    public nonisolated(nonsending) func withTransaction<Value>(
        isolation: PostgresIsolation = .readCommitted,
        file: String = #fileID,
        line: Int = #line,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        do throws(PostgresError) {
            _ = try await command("BEGIN ISOLATION LEVEL \(isolation.rawValue)", isCancellable: true)
        } catch { throw error.located(file, line) }
        let value: Value
        do {
            value = try await body(self)
            try Task.checkCancellation()
        } catch {
            await rollBack()
            throw error
        }
        do throws(PostgresError) {
            // Once begun a COMMIT is not cancelled: its outcome would be in doubt for nothing.
            let tag = try await command("COMMIT", isCancellable: false)
            guard tag == "COMMIT" else {
                throw PostgresError(
                    code: .server,
                    message: "rolled back: a statement of the transaction had failed",
                    sqlState: "25P02"
                )
            }
        } catch { throw error.located(file, line) }
        return value
    }

    private nonisolated(nonsending) func rollBack() async {
        guard isUsable else { return }
        do throws(PostgresError) {
            _ = try await command("ROLLBACK", isCancellable: false)
        } catch {
            // The caller learns why the body failed; the server rolls back with the session.
            logger.debug("rollback failed", metadata: ["error": "\(error)"])
            await close()
        }
    }
}
