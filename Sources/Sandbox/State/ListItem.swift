/// An encoded object with what lists select by.
struct ListItem: Sendable {
    /// Its place in lists, which are in the order of keys as an API server's are.
    let key: String
    var fields: [String: String] = [:]
    var labels: [String: String] = [:]
    let bytes: [UInt8]
}
