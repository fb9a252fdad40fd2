/// What a cluster's machines cost an hour, as far as prices are known.
public struct ClusterCost: Sendable, Equatable {
    /// The sum of the known prices.
    public private(set) var known = Money(micros: 0)
    /// Machines with a price.
    public private(set) var pricedNodes = 0
    /// Machines without one.
    public private(set) var unpricedNodes = 0

    /// Makes the cost of no machine.
    public init() {}

    /// Adds a machine.
    ///
    /// - Parameter price: USD an hour; nil if unknown.
    public mutating func add(_ price: Money?) {
        guard let price else {
            unpricedNodes += 1
            return
        }
        known = known + price
        pricedNodes += 1
    }

    /// The whole; nil as long as one machine's price is unknown.
    public var total: Money? { unpricedNodes == 0 ? known : nil }
}
