import Testing

@testable import Store

struct SchemaStateTests {
    private func migration(_ title: String, _ checksum: String = "c") -> AppliedMigration {
        AppliedMigration(title: title, checksum: checksum)
    }

    @Test func isCurrentWithAllOfThem() {
        let known = [migration("V0001_a"), migration("V0002_b")]
        #expect(SchemaState(applied: known, known: known) == .current)
    }

    @Test func namesWhatIsMissing() {
        let known = [migration("V0001_a"), migration("V0002_b"), migration("V0003_c")]
        let state = SchemaState(applied: [known[0]], known: known)
        #expect(state == .behind(missing: ["V0002_b", "V0003_c"]))
        #expect(state.description.contains("V0002_b, V0003_c"))
        #expect(state.description.contains("cloudoptim migrate"))
    }

    @Test func namesWhatWasChanged() {
        let state = SchemaState(applied: [migration("V0001_a", "other")], known: [migration("V0001_a")])
        #expect(state == .unknown(reason: "V0001_a was changed after it was applied"))
    }

    @Test func namesWhatItDoesNotKnow() {
        let known = [migration("V0001_a")]
        let state = SchemaState(applied: known + [migration("V0002_future")], known: known)
        #expect(state == .unknown(reason: "V0002_future is applied, but this build does not know it"))
    }

    @Test func namesWhatStandsInAnothersPlace() {
        let state = SchemaState(applied: [migration("V0001_x")], known: [migration("V0001_a")])
        #expect(state == .unknown(reason: "V0001_x is applied where V0001_a is expected"))
    }

    @Test func migrationsHaveUniqueNamesAndAreInOrder() {
        let all = Migration.all
        #expect(all.map(\.version) == Array(1...all.count))
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(all.map(\.title) == all.map(\.title).sorted())
        #expect(all.allSatisfy { !$0.sql.isEmpty })
    }
}
