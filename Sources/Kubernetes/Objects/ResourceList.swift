/// Amounts by the name of the resource: `cpu`, `memory`, `pods`, `ephemeral-storage`, `nvidia.com/gpu` ...
public typealias ResourceList = [String: Quantity]

extension ResourceList {
    /// CPU in cores; zero if absent.
    public var cpu: Quantity { self["cpu"] ?? .zero }
    /// Memory in bytes; zero if absent.
    public var memory: Quantity { self["memory"] ?? .zero }

    /// Adds each amount of another list.
    public mutating func add(_ other: ResourceList) {
        for (name, amount) in other { self[name, default: .zero] += amount }
    }

    /// Raises each amount to that of another list, where that is larger.
    public mutating func raise(to other: ResourceList) {
        for (name, amount) in other { self[name] = Swift.max(self[name] ?? amount, amount) }
    }
}
