import Optimizer
import Testing

struct ClusterCostTests {
    @Test func addsKnownPrices() {
        var cost = ClusterCost()
        cost.add(Money(micros: 96_000))
        cost.add(Money(micros: 4_000))
        #expect(cost.total == Money(micros: 100_000))
        #expect(cost.pricedNodes == 2 && cost.unpricedNodes == 0)
    }

    @Test func oneUnknownPriceLeavesTheTotalUnknown() {
        var cost = ClusterCost()
        cost.add(Money(micros: 96_000))
        cost.add(nil)
        #expect(cost.total == nil)
        #expect(cost.known == Money(micros: 96_000))
        #expect(cost.pricedNodes == 1 && cost.unpricedNodes == 1)
    }

    @Test func noMachineCostsNothing() {
        #expect(ClusterCost().total == Money(micros: 0))
    }
}
