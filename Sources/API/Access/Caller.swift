import FoundationEssentials
import Store

/// Whose API key a request carries.
struct Caller: Sendable {
    let keyID: UUID
    let name: String
    let scope: APIKeyRecord.Scope
    /// The only customer it sees; nil for all.
    let customerID: UUID?

    /// Checks that the key may do something.
    ///
    /// - Throws: ``APIError`` 403.
    func require(_ needed: APIKeyRecord.Scope) throws {
        guard scope >= needed else { throw APIError.forbidden(needs: needed) }
    }

    /// Refuses a key that is bound to one customer: queues and workers are shared by all.
    ///
    /// - Throws: ``APIError`` 404, as if the path were not there.
    func requireFleet() throws {
        guard customerID == nil else { throw APIError.notFound("path") }
    }

    /// Whether the caller may know of something of this customer.
    func sees(_ customer: UUID?) -> Bool {
        customerID == nil || customerID == customer
    }
}
