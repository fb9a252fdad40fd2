import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite("Ghost store", .timeLimit(.minutes(1)))
struct GhostStoreTests {
    private struct Place {
        let fleet: TestFleet
        let store: GhostStore
        let customer: UUID
        let cluster: UUID

        static func with(_ body: (Place) async throws -> Void) async throws {
            try await TestFleet.with { fleet in
                let customer = CustomerRecord(companyName: "c", externalID: UUID().text)
                let registration = ClusterRegistration(
                    customerID: customer.id,
                    name: "shop",
                    apiEndpoint: "https://8.8.8.8",
                    certificateAuthority: nil,
                    token: "t",
                    tokenExpiresAt: nil,
                    region: "us-east-1"
                )
                try await ClusterStore(pool: fleet.pool, keyring: fleet.keyring)
                    .register(registration, with: customer)
                try await body(
                    Place(
                        fleet: fleet,
                        store: GhostStore(pool: fleet.pool),
                        customer: customer.id,
                        cluster: registration.id
                    )
                )
            }
        }

        func ghost(_ id: String, _ status: GhostRecord.Status = .flagged) async throws -> GhostRecord {
            var ghost = GhostRecord(
                kind: .instance,
                customerID: customer,
                clusterID: cluster,
                instanceID: id,
                region: "us-east-1",
                tags: Array(#"{"a":"b"}"#.utf8),
                status: .detected,
                seenAt: try await store.now()
            )
            ghost.hourlyPrice = "0.096000"
            ghost.evidence = Array(#"{"owned":3}"#.utf8)
            let made = ghost
            #expect(try await write { try await store.insert(made, in: $0) })
            ghost.status = status
            ghost.flaggedAt = ghost.firstSeenAt
            ghost.dueAt = ghost.firstSeenAt
            let changed = ghost
            #expect(try await write { try await store.update(changed, in: $0) })
            return try #require(try await store.find(ghost.id))
        }

        func write<Value: Sendable>(
            _ body: (StoreTransaction) async throws -> Value
        ) async throws -> Value {
            try await JobJournal(pool: fleet.pool).withTransaction(body)
        }

        /// Keeps a scan, or why it decided nothing.
        func scan(_ reason: String?) async throws {
            try await store.record(
                GhostScanRecord(
                    jobID: .version7(),
                    customerID: customer,
                    clusterID: cluster,
                    abortReason: reason,
                    detail: "d",
                    needsPerson: reason == "too_many"
                )
            )
        }

        func told() async throws -> [String] {
            try await NotificationStore(pool: fleet.pool).list(of: customer, limit: 100).map(\.kind)
                .reversed()
        }

        func events() async throws -> [GhostEvent.Kind] {
            try await store.events(of: customer, limit: 100).map(\.kind).reversed()
        }
    }

    @Test func keepsWhatWasWritten() async throws {
        try await Place.with { place in
            let ghost = try await place.ghost("i-0a")
            #expect(ghost.version == 2)
            #expect(ghost.hourlyPrice == "0.096000")
            #expect(ghost.status == .flagged && ghost.flaggedAt != nil && ghost.scansSeen == 1)
            #expect(try await place.store.open(in: place.cluster, kind: .instance) == [ghost])
            #expect(try await place.store.open(in: place.cluster, kind: .volume).isEmpty)
            #expect(try await place.store.open("i-0a", of: place.customer) == ghost)
            #expect(try await place.store.open("i-0a", of: .version7()) == nil)
            // One machine is one ghost.
            var other = ghost
            other.id = .version7()
            let again = other
            #expect(try await !place.write { try await place.store.insert(again, in: $0) })
            let listed = try await place.store.list(
                .init(customerID: place.customer, status: .flagged, kind: .instance),
                before: nil,
                limit: 10
            )
            #expect(listed == [ghost])
        }
    }

    @Test func whoReadAnOlderVersionChangesNothing() async throws {
        try await Place.with { place in
            let read = try await place.ghost("i-0a")
            _ = try await place.store.keep(read.id, by: "ann")
            var late = read
            late.status = .unflagged
            let change = late
            #expect(try await !place.write { try await place.store.update(change, in: $0) })
            #expect(try await place.store.find(read.id)?.status == .kept)
            let begun = try await place.store.begin(
                read.id,
                by: .version7(),
                version: read.version,
                perDay: 9
            )
            guard case .notFlagged(let now) = begun else {
                Issue.record("\(begun)")
                return
            }
            #expect(now.keptBy == "ann")
        }
    }

    /// Whichever comes first wins, and the other hears of it.
    @Test func keepingAndBeginningExcludeEachOther() async throws {
        try await Place.with { place in
            for number in 0..<20 {
                let ghost = try await place.ghost("i-0\(number)")
                let job = UUID.version7()
                async let kept = place.store.keep(ghost.id, by: "ann")
                async let begun = place.store.begin(ghost.id, by: job, version: ghost.version, perDay: 99)
                let isKept = if case .done? = try await kept { true } else { false }
                let isBegun = if case .begun = try await begun { true } else { false }
                #expect(isKept != isBegun)
                #expect(try await place.store.find(ghost.id)?.status == (isKept ? .kept : .terminating))
            }
        }
    }

    @Test func endsOnce() async throws {
        try await Place.with { place in
            let ghost = try await place.ghost("i-0a")
            let job = UUID.version7()
            let other = UUID.version7()
            let detail = Array("{}".utf8)
            for _ in 0..<2 {
                let begun = try await place.store.begin(ghost.id, by: job, version: ghost.version, perDay: 1)
                guard case .begun = begun else {
                    Issue.record("\(begun)")
                    return
                }
            }
            guard case .notFlagged = try await place.store.begin(ghost.id, by: other, version: 3, perDay: 9)
            else {
                Issue.record("two jobs have it")
                return
            }
            #expect(try await !place.store.terminated(ghost.id, by: other, snapshot: nil, detail: detail))
            #expect(try await place.store.terminated(ghost.id, by: job, snapshot: nil, detail: detail))
            #expect(try await !place.store.terminated(ghost.id, by: job, snapshot: nil, detail: detail))
            #expect(try await place.events() == [.terminated])
            guard case .refused? = try await place.store.keep(ghost.id, by: "ann") else {
                Issue.record("kept after its end")
                return
            }
            #expect(try await place.store.keep(.version7(), by: "ann") == nil)
        }
    }

    @Test func aDayHasACap() async throws {
        try await Place.with { place in
            let ghosts = [
                try await place.ghost("i-0a"), try await place.ghost("i-0b"), try await place.ghost("i-0c"),
            ]
            var begun = 0
            for ghost in ghosts {
                let beginning = try await place.store.begin(
                    ghost.id,
                    by: .version7(),
                    version: ghost.version,
                    perDay: 2
                )
                if case .begun = beginning { begun += 1 } else { #expect(beginning == .capReached) }
            }
            #expect(begun == 2)
            #expect(try await place.events() == [.capReached])
        }
    }

    @Test(arguments: [true, false]) func aSwitchStopsIt(isFleets: Bool) async throws {
        try await Place.with { place in
            let ghost = try await place.ghost("i-0a")
            let scope = isFleets ? nil : place.customer
            #expect(try await !place.store.isOff(for: place.customer))
            try await place.store.set(off: true, of: scope, reason: "incident", by: "ann")
            #expect(try await place.store.isOff(for: place.customer))
            #expect(try await place.store.isOff(for: .version7()) == isFleets)
            #expect(try await place.store.theSwitch(of: scope).reason == "incident")
            let begun = try await place.store.begin(
                ghost.id,
                by: .version7(),
                version: ghost.version,
                perDay: 9
            )
            #expect(begun == .switchedOff)
            try await place.store.set(off: false, of: scope, reason: nil, by: "ann")
            #expect(try await !place.store.isOff(for: place.customer))
        }
    }

    @Test func unkeepingBeginsAnew() async throws {
        try await Place.with { place in
            let ghost = try await place.ghost("i-0a")
            _ = try await place.store.keep(ghost.id, by: "ann")
            guard case .done(let freed)? = try await place.store.unkeep(ghost.id, by: "ann") else {
                Issue.record("still kept")
                return
            }
            #expect(freed.status == .unflagged)
            #expect(try await place.store.open(in: place.cluster, kind: .instance).isEmpty)
            #expect(try await place.events() == [.kept, .unkept])
            // Kept by its tag: a call takes nothing back.
            let tagged = try await place.ghost("i-0b")
            var kept = tagged
            kept.status = .kept
            kept.keptBy = GhostRecord.keptByTag
            let change = kept
            #expect(try await place.write { try await place.store.update(change, in: $0) })
            guard case .refused? = try await place.store.unkeep(tagged.id, by: "ann") else {
                Issue.record("a tag was overruled")
                return
            }
        }
    }

    @Test func freesWhatAJobLeftBehind() async throws {
        try await Place.with { place in
            func job(_ ghost: GhostRecord) async throws -> UUID {
                let id = UUID.version7()
                _ = try await JobJournal(pool: place.fleet.pool).accept([
                    .sample(id: id, type: "terminate-ghost", customer: place.customer)
                ])
                guard
                    case .begun = try await place.store.begin(
                        ghost.id,
                        by: id,
                        version: ghost.version,
                        perDay: 9
                    )
                else { throw GhostStoreError.unknownState }
                return id
            }
            let running = try await place.ghost("i-0a")
            _ = try await job(running)
            let left = try await place.ghost("i-0b")
            let leftJob = try await job(left)
            let gone = try await place.ghost("i-0c")
            let goneJob = try await job(gone)
            let steps = StepStore(pool: place.fleet.pool)
            let epoch = try await JobJournal(pool: place.fleet.pool).epoch()
            for id in [leftJob, goneJob] {
                #expect(try await steps.record("acting", Array("{}".utf8), of: id, fence: epoch + 1))
                _ = try await JobJournal(pool: place.fleet.pool).record([
                    AttemptRecord.sample(of: id, fence: epoch + 2, .failed)
                ])
            }
            try await place.store.freeAbandoned(
                in: place.cluster,
                kind: .instance,
                present: ["i-0a", "i-0b"]
            )
            #expect(try await place.store.find(running.id)?.status == .terminating)
            #expect(try await place.store.find(left.id)?.status == .unflagged)
            #expect(try await place.store.find(gone.id)?.status == .terminated)
            #expect(Set(try await place.events()) == [.cleared, .terminated])
        }
    }

    @Test func tellsOfARefusedTerminationOnce() async throws {
        try await Place.with { place in
            try await place.fleet.makeChannel(for: place.customer)
            let ghost = try await place.ghost("i-0a")
            for reason in ["not allowed", "not allowed", "protected"] {
                let job = UUID.version7()
                let now = try #require(try await place.store.find(ghost.id))
                let begun = try await place.store.begin(ghost.id, by: job, version: now.version, perDay: 10)
                guard case .begun = begun else {
                    Issue.record("\(begun)")
                    return
                }
                try await place.store.giveBack(
                    ghost.id,
                    by: job,
                    as: .flagged,
                    reason: reason,
                    event: .terminationFailed
                )
            }
            #expect(try await place.told() == ["ghost_not_terminated", "ghost_not_terminated"])
            let told = try await NotificationStore(pool: place.fleet.pool).list(of: place.customer, limit: 1)
            let facts = try JSONValue(parsing: try #require(told.first).facts).members
            #expect(facts?["cluster_name"] == .string("shop"))
        }
    }

    @Test func tellsOfAnAbortOnce() async throws {
        try await Place.with { place in
            try await place.fleet.makeChannel(for: place.customer)
            for reason in ["nodes_empty", "nodes_empty", "too_many", nil, "too_many"] {
                try await place.scan(reason)
            }
            #expect(try await place.events() == [.scanAborted, .scanAborted, .scanAborted])
            // Only what does not pass by itself.
            #expect(try await place.told() == ["ghost_scan_stopped", "ghost_scan_stopped"])
            let scans = try await place.store.scans(of: place.customer, cluster: place.cluster, limit: 9)
            #expect(scans.map(\.abortReason) == ["too_many", nil, "too_many", "nodes_empty", "nodes_empty"])
        }
    }

    @Test func tellsOfWhatLastsADay() async throws {
        try await Place.with { place in
            try await place.fleet.makeChannel(for: place.customer)
            try await place.scan(nil)
            try await place.scan("nodes_timed_out")
            #expect(try await place.told().isEmpty)
            _ = try await place.fleet.pool.execute(
                "UPDATE ghost_scans SET scanned_at = scanned_at - interval '25 hours'"
            )
            for _ in 0..<3 { try await place.scan("nodes_timed_out") }
            #expect(try await place.told() == ["ghost_scan_stopped"])
        }
    }

    @Test func aClusterThatIsRegisteredAnewBeginsAnew() async throws {
        try await Place.with { place in
            let flagged = try await place.ghost("i-0a")
            let kept = try await place.ghost("i-0b")
            _ = try await place.store.keep(kept.id, by: "ann")
            try await place.store.closeThoseOfDeletedClusters(of: place.customer)
            #expect(try await place.store.find(flagged.id)?.status == .flagged)
            let clusters = ClusterStore(pool: place.fleet.pool, keyring: place.fleet.keyring)
            #expect(try await clusters.delete(place.cluster))
            try await place.store.closeThoseOfDeletedClusters(of: place.customer)
            #expect(try await place.store.find(flagged.id)?.status == .unflagged)
            #expect(try await place.store.find(kept.id)?.status == .kept)
        }
    }

    @Test func forgetsWhatNobodyHeardOf() async throws {
        try await Place.with { place in
            let quiet = try await place.ghost("i-0a", .unflagged)
            let told = try await place.ghost("i-0b", .flagged)
            _ = try await place.store.keep(told.id, by: "ann")
            _ = try await place.store.unkeep(told.id, by: "ann")
            let open = try await place.ghost("i-0c")
            let store = RetentionStore(pool: place.fleet.pool)
            #expect(try await store.forget(.ghosts, olderThan: 1, limit: 9) == 0)
            // The id of a row is its age.
            for ghost in [quiet, open] {
                let old = UUID.version7(at: Date(timeIntervalSinceNow: -40 * 86_400))
                _ = try await place.fleet.pool.execute(
                    "UPDATE ghost_instances SET ghost_id = \(old) WHERE ghost_id = \(ghost.id)"
                )
            }
            #expect(try await store.forget(.ghosts, olderThan: 30, limit: 9) == 1)
            #expect(try await place.store.find(told.id) != nil)
            #expect(try await place.store.open("i-0c", of: place.customer) != nil)
            try await place.store.record(
                GhostScanRecord(
                    jobID: .version7(at: Date(timeIntervalSinceNow: -40 * 86_400)),
                    customerID: place.customer,
                    clusterID: place.cluster
                )
            )
            #expect(try await store.forget(.ghostScans, olderThan: 30, limit: 9) == 1)
        }
    }

    @Test func knowsWhatJobsAreAbout() async throws {
        try await Place.with { place in
            let pool = place.fleet.pool
            let job = UUID.version7()
            _ = try await JobJournal(pool: place.fleet.pool).accept([
                .sample(
                    id: job,
                    type: "handle-spot-warning",
                    customer: place.customer,
                    parameters: #"{"instance_id":"i-0a"}"#
                )
            ])
            let all = ["i-0a", "i-0b", "i-0c"]
            #expect(try await place.store.busy(all, jobs: [:], of: place.customer) == ["i-0a"])
            #expect(
                try await place.store.busy(all, jobs: ["i-0b": job], of: place.customer) == ["i-0a", "i-0b"]
            )
            #expect(try await place.store.busy(all, jobs: ["i-0b": .version7()], of: .version7()).isEmpty)
            _ = try await pool.execute(
                """
                INSERT INTO spot_events (event_id, customer_id, instance_id, event_type, event_time, source_event_id,
                    replacement_instance_id)
                VALUES (gen_random_uuid(), \(place.customer), 'i-0x', 'interruption_warning', now(), 'e', 'i-0c')
                """
            )
            #expect(try await place.store.busy(all, jobs: [:], of: place.customer) == ["i-0a", "i-0c"])
        }
    }
}
