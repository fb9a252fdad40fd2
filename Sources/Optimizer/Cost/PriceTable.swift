import FoundationEssentials

/// Hourly prices of machines, with where and when they come from.
///
/// What is not in the table has no price: an unknown price is nil, never 0.
public struct PriceTable: Sendable {
    /// Where the prices come from.
    public let source: String
    /// The day they were read, `2025-01-01`.
    public let asOf: String
    private let prices: [Key: Money]

    private struct Key: Hashable {
        let place: String
        let capacityType: String
        let instanceType: String
    }

    /// Reads a table.
    ///
    /// - Parameter json: `{source, as_of, currency: "USD", entries: [{regions?: [...], zones?: [...], capacity_type,
    ///   usd_per_hour: {"m5.large": "0.0960"}}]}`.
    /// - Throws: ``PriceTableError`` naming what is wrong.
    public init(json: [UInt8]) throws {
        let file: File
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            file = try decoder.decode(File.self, from: Data(json))
        } catch {
            throw PriceTableError(reason: "the price table is not of the expected shape: \(error)")
        }
        guard file.currency == "USD" else {
            throw PriceTableError(reason: "currency is \(file.currency); only USD is supported")
        }
        source = file.source
        asOf = file.asOf
        var prices: [Key: Money] = [:]
        for entry in file.entries {
            for (instanceType, text) in entry.usdPerHour {
                guard let price = Money(decimal: text), price.micros > 0 else {
                    throw PriceTableError(
                        reason: "the price of \(instanceType) is \(text); a positive decimal is needed"
                    )
                }
                for place in (entry.regions ?? []) + (entry.zones ?? []) {
                    let key = Key(place: place, capacityType: entry.capacityType, instanceType: instanceType)
                    prices[key] = price
                }
            }
        }
        self.prices = prices
    }

    /// The table that comes with the release.
    public static func builtIn() throws -> PriceTable {
        try PriceTable(json: PackageResources.on_demand_json)
    }

    /// The price of a machine.
    ///
    /// A price of its zone wins over one of its region. A reserved machine is paid for at prices we do not know.
    ///
    /// - Returns: nil if unknown.
    public func price(region: String, zone: String?, instanceType: String, capacityType: String) -> Money? {
        for place in [zone, region].compactMap(\.self) {
            let key = Key(place: place, capacityType: capacityType, instanceType: instanceType)
            if let price = prices[key] { return price }
        }
        return nil
    }

    private struct File: Decodable {
        let source: String
        let asOf: String
        let currency: String
        let entries: [Entry]
    }

    private struct Entry: Decodable {
        let regions: [String]?
        let zones: [String]?
        let capacityType: String
        let usdPerHour: [String: String]
    }
}

/// A price table cannot be used.
public struct PriceTableError: Error, CustomStringConvertible {
    /// What is wrong.
    public let reason: String

    /// The reason.
    public var description: String { reason }
}
