import Optimizer
import Testing

struct PriceTableTests {
    private let table = """
        {"source": "test", "as_of": "2025-01-01", "currency": "USD", "entries": [
          {"regions": ["r1", "r2"], "capacity_type": "on-demand", "usd_per_hour": {"m5.large": "0.096"}},
          {"zones": ["r1a"], "capacity_type": "spot", "usd_per_hour": {"m5.large": "0.0301"}},
          {"regions": ["r1"], "capacity_type": "spot", "usd_per_hour": {"m5.large": "0.04"}}
        ]}
        """

    private func price(_ region: String, _ zone: String?, _ type: String, _ capacity: String) throws
        -> String?
    {
        try PriceTable(json: Array(table.utf8))
            .price(region: region, zone: zone, instanceType: type, capacityType: capacity)?.description
    }

    @Test func findsThePriceOfTheRegion() throws {
        #expect(try price("r1", nil, "m5.large", "on-demand") == "0.096000")
        #expect(try price("r2", "r2b", "m5.large", "on-demand") == "0.096000")
    }

    @Test func prefersThePriceOfTheZone() throws {
        #expect(try price("r1", "r1a", "m5.large", "spot") == "0.030100")
        #expect(try price("r1", "r1b", "m5.large", "spot") == "0.040000")
    }

    @Test func anUnknownPriceIsUnknown() throws {
        #expect(try price("r3", nil, "m5.large", "on-demand") == nil)
        #expect(try price("r1", nil, "m9.huge", "on-demand") == nil)
        #expect(try price("r1", nil, "m5.large", "reserved") == nil)
        #expect(try price("r2", nil, "m5.large", "spot") == nil)
        #expect(try price("r1", nil, "m5.large", "unknown") == nil)
    }

    @Test(arguments: ["0", "-0.1", "free", "", "0.00000001"])
    func refusesAPriceThatIsNone(price: String) {
        let json = """
            {"source": "t", "as_of": "d", "currency": "USD",
             "entries": [{"regions": ["r"], "capacity_type": "spot", "usd_per_hour": {"m5.large": "\(price)"}}]}
            """
        let error = #expect(throws: PriceTableError.self) { try PriceTable(json: Array(json.utf8)) }
        #expect(error?.reason.contains("m5.large") == true)
    }

    @Test func refusesAnotherCurrency() {
        let json = #"{"source": "t", "as_of": "d", "currency": "EUR", "entries": []}"#
        let error = #expect(throws: PriceTableError.self) { try PriceTable(json: Array(json.utf8)) }
        #expect(error?.reason.contains("EUR") == true)
    }

    @Test(arguments: ["", "[]", "{}", #"{"source": 1}"#])
    func refusesWhatIsNoTable(json: String) {
        #expect(throws: PriceTableError.self) { try PriceTable(json: Array(json.utf8)) }
    }

    @Test func theBuiltInTableSaysWhereItIsFrom() throws {
        let table = try PriceTable.builtIn()
        #expect(!table.source.isEmpty)
        #expect(table.asOf.count == 10)
        let price = table.price(
            region: "us-east-1",
            zone: "us-east-1a",
            instanceType: "c5.large",
            capacityType: "on-demand"
        )
        #expect(price == Money(micros: 85_000))
    }
}
