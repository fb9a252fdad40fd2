import FoundationEssentials
import Testing

@testable import Sandbox

@Suite("List pages") struct ListPageTests {
    private struct List: Decodable {
        struct Metadata: Decodable {
            var resourceVersion: String
            var `continue`: String?
            var remainingItemCount: Int?
        }

        var kind: String
        var metadata: Metadata
        var items: [Int]
    }

    private let items = (0..<10).map { ListItem(key: "ns/\($0)", bytes: Array("\($0)".utf8)) }

    private func page(_ limit: Int?, _ continuation: String? = nil, at now: Double = 1000) throws -> List {
        let page = try ListPage(
            kind: "NodeList",
            items: items,
            resourceVersion: 7,
            limit: limit,
            continuation: continuation,
            now: now
        )
        return try JSONDecoder().decode(List.self, from: Data(page.body))
    }

    @Test(arguments: [1, 3, 5, 9, 10, 11]) func givesEveryItemOnce(limit: Int) throws {
        var found: [Int] = []
        var continuation: String?
        repeat {
            let list = try page(limit, continuation)
            #expect(list.kind == "NodeList" && list.metadata.resourceVersion == "7")
            #expect(list.items.count <= limit)
            found += list.items
            #expect(list.metadata.remainingItemCount ?? 0 == 10 - found.count)
            continuation = list.metadata.continue
        } while continuation != nil
        #expect(found == Array(0..<10))
    }

    @Test(arguments: [nil, 0]) func givesAllWithoutALimit(limit: Int?) throws {
        #expect(try page(limit).items.count == 10)
    }

    @Test func letsTokensExpire() throws {
        let token = try #require(try page(3).metadata.continue)
        #expect(try page(3, token, at: 1300).items == [3, 4, 5])
        let status = #expect(throws: KubernetesStatus.self) { try page(3, token, at: 1301) }
        #expect(status?.code == 410 && status?.reason == "Expired")
        #expect(try page(3, status?.continuation, at: 1301).items == [3, 4, 5])
    }

    @Test(arguments: ["x", "????", "djE6eDp5", "djI6MToy"]) func refusesTokensOfOthers(token: String) {
        let status = #expect(throws: KubernetesStatus.self) { try page(3, token) }
        #expect(status?.code == 400)
    }

    @Test(arguments: [
        (nil, 4), ("", 4), ("spec.nodeName=a", 2), ("spec.nodeName==a", 2), ("spec.nodeName!=a", 2),
        ("spec.nodeName=a,status.phase=Running", 1), ("spec.nodeName=", 1), ("status.phase!=Running", 2),
    ])
    func selectsByFields(selector: String?, count: Int) throws {
        let pods = [("a", "Running"), ("a", "Succeeded"), ("b", "Running"), ("", "Pending")].map {
            node,
            phase in
            ListItem(key: node, fields: ["spec.nodeName": node, "status.phase": phase], bytes: [])
        }
        let parsed = try FieldSelector(selector, fields: ["spec.nodeName", "status.phase"])
        #expect(pods.filter(parsed.selects).count == count)
    }

    @Test(arguments: ["spec.nodeName", "spec.other=1"]) func refusesSelectorsItDoesNotKnow(selector: String) {
        #expect(throws: KubernetesStatus.self) { try FieldSelector(selector, fields: ["spec.nodeName"]) }
    }
}
