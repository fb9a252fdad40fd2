import FoundationEssentials
import Interruptions
import Jobs
import Store
import Testing

/// Whatever is sent, the parser answers, and what it answers can be stored.
@Suite("Interruption parser, fuzzed", .timeLimit(.minutes(1))) struct ParserFuzzTests {
    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private func check(_ body: String) throws {
        do throws(UnreadableMessage) {
            guard case .events(let events) = try InterruptionParser.parse(body) else { return }
            #expect(!events.isEmpty)
            for event in events {
                #expect((1...64).contains(event.instanceID.utf8.count))
                #expect((1...128).contains(event.sourceID.utf8.count))
                #expect(!event.sourceID.utf8.contains(0) && !event.detail.holdsNUL)
                #expect(event.detail.members != nil)
                let plan = InterruptionPlan(event, customer: .version7(), by: "fuzz", at: Date())
                if let submission = plan.submission {
                    #expect((try? submission.accepted(at: Date(timeIntervalSinceNow: -1))) != nil)
                }
            }
        } catch {
            #expect(!error.reason.isEmpty)
        }
    }

    @Test(arguments: 0..<8) func survivesBrokenBytes(_ seed: Int) throws {
        var random = Generator(state: UInt64(seed))
        for _ in 0..<400 {
            var bytes = Array((Samples.events.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                }
                if bytes.isEmpty { break }
            }
            try check(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(arguments: 0..<8) func survivesOtherValues(_ seed: Int) throws {
        var random = Generator(state: UInt64(seed) &+ 1000)
        for _ in 0..<400 {
            let text = Samples.events.randomElement(using: &random) ?? ""
            let changed = try change(JSONValue(parsing: Array(text.utf8)), &random)
            let body = String(decoding: try changed.serialized(), as: UTF8.self)
            try check(Bool.random(using: &random) ? body : Samples.notification(body))
        }
    }

    private static let strange: [JSONValue] = [
        .null, .bool(true), .integer(.max), .number(1e300), .string(""), .string("\u{0}"), .string("i-"),
        .string("i-0abc"), .string("terminate"), .string("Notification"), .string("aws.health"), .array([]),
        .object([:]), .string(String(repeating: "é", count: 3000)), .string("9999-12-31T23:59:59.999Z"),
    ]

    private func change(_ value: JSONValue, _ random: inout Generator) throws -> JSONValue {
        if Int.random(in: 0..<12, using: &random) == 0 {
            return Self.strange.randomElement(using: &random) ?? .null
        }
        switch value {
        case .object(let members):
            var changed: [String: JSONValue] = [:]
            for (name, member) in members.sorted(by: { $0.key < $1.key })
            where Int.random(in: 0..<20, using: &random) > 0 {
                changed[name] = try change(member, &random)
            }
            return .object(changed)
        case .array(let values): return .array(try values.map { try change($0, &random) })
        default: return value
        }
    }
}
