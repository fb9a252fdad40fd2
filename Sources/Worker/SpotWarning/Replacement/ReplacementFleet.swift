import AWS
import FoundationEssentials
import Logging
import Store

/// Asks EC2 for one machine: a spot fleet, then on-demand; machine by machine where fleets are not allowed.
struct ReplacementFleet: Sendable {
    /// What may be launched, as far as it is known.
    struct Choice: Sendable {
        var spot: [EC2.CreateFleet.Override] = []
        var onDemand: [EC2.CreateFleet.Override] = []
        /// Of the subnets in the overrides.
        var zones: [String: String] = [:]
    }

    /// Recorded before a launch, as the step `launch`.
    struct Intent: Sendable, Codable {
        /// What may be launched: a repetition has to be of the same request as its token.
        struct Place: Sendable, Codable {
            var type: String
            var subnet: String?
        }

        var market: String
        var method: String
        var places: [Place]
        var at: Date
    }

    /// How many offerings are tried one by one where fleets are not allowed.
    private static let singles = 4

    let aws: AWSClient
    let offerings: OfferingStore
    let steps: ClaimSteps
    let job: UUID
    let template: EC2.LaunchTemplate
    let tags: [AWSTag]
    /// The machine that a launch without an answer made after all.
    let present: @Sendable () async throws -> ReplacementOutcome?
    /// When to give up; nil if somebody else ends it.
    let limit: ContinuousClock.Instant?
    let logger: Logger

    private enum Answer<Value> {
        case given(Value)
        case found(ReplacementOutcome)
    }

    /// Launches one machine.
    ///
    /// - Throws: `AWSError` of what cannot be helped by another offering.
    func launch(_ choice: Choice, prefersSpot: Bool) async throws -> ReplacementOutcome {
        var reasons: [String] = []
        for market: EC2.Market in prefersSpot ? [.spot, .onDemand] : [.onDemand] {
            let overrides = market == .spot ? choice.spot : choice.onDemand
            guard market == .onDemand || !overrides.isEmpty else {
                reasons.append("no spot offering fits")
                continue
            }
            do {
                if let launched = try await fleet(overrides, market, choice, &reasons) { return launched }
            } catch let error as AWSError where error.code == .accessDenied {
                reasons.append("CreateFleet is not allowed")
                if let launched = try await single(overrides, market, choice, &reasons) { return launched }
            }
        }
        return ReplacementOutcome(.failed, reason: reasons.joined(separator: "; "))
    }

    private func fleet(
        _ overrides: [EC2.CreateFleet.Override],
        _ market: EC2.Market,
        _ choice: Choice,
        _ reasons: inout [String]
    ) async throws -> ReplacementOutcome? {
        let overrides = try await intend("fleet", market, overrides)
        let request = EC2.CreateFleet(
            template: template,
            overrides: overrides,
            market: market,
            tags: tags,
            token: IdempotencyToken(job: job.text, step: "fleet-\(market.rawValue)", epoch: 0)
        )
        let result: EC2.FleetResult
        do {
            switch try await patiently({ () async throws(AWSError) in try await aws.ec2.createFleet(request) }
            ) {
            case .given(let answer): result = answer
            case .found(let machine): return machine
            }
        } catch let error as AWSError where Self.isOfMarket(error.code) {
            reasons.append("\(market.rawValue): \(error.message)")
            return nil
        }
        try await remember(result.refusals, market, choice)
        guard let launch = result.launches.first, let id = launch.instanceIDs.first else {
            let codes = Set(result.refusals.map(\.rawCode)).sorted().joined(separator: ", ")
            reasons.append("\(market.rawValue): \(codes.isEmpty ? "nothing was launched" : codes)")
            return nil
        }
        return outcome(
            id,
            type: launch.instanceType,
            zone: launch.zone ?? launch.subnetID.flatMap { choice.zones[$0] },
            market
        )
    }

    /// One offering after the other.
    private func single(
        _ overrides: [EC2.CreateFleet.Override],
        _ market: EC2.Market,
        _ choice: Choice,
        _ reasons: inout [String]
    ) async throws -> ReplacementOutcome? {
        for (number, override) in overrides.prefix(Self.singles).enumerated() {
            _ = try await intend("single-\(number)", market, [override])
            var request = EC2.RunInstances(
                template: template,
                instanceType: override.instanceType,
                subnetID: override.subnetID,
                market: market,
                token: IdempotencyToken(job: job.text, step: "single-\(market.rawValue)", epoch: number)
            )
            request.tags = tags
            let zone = override.subnetID.flatMap { choice.zones[$0] }
            do {
                let machines: [EC2.Instance]
                switch try await patiently({ () async throws(AWSError) in
                    try await aws.ec2.runInstances(request)
                }) {
                case .given(let answer): machines = answer
                case .found(let machine): return machine
                }
                guard let machine = machines.first else { continue }
                return outcome(machine.id, type: machine.type, zone: machine.zone ?? zone, market)
            } catch let error as AWSError where Self.isOfMarket(error.code) {
                reasons.append("\(market.rawValue) \(override.instanceType): \(error.message)")
                if let zone {
                    let offering = Offering(
                        market: market.rawValue,
                        instanceType: override.instanceType,
                        zone: zone
                    )
                    try await remember([offering], error.rawCode ?? error.code.rawValue)
                }
            }
        }
        return nil
    }

    /// Repeats what may have happened with the same token, until it is known whether it has.
    private func patiently<Value: Sendable>(
        _ call: () async throws(AWSError) -> Value
    ) async throws -> Answer<Value> {
        while true {
            do {
                try steps.mayAct()
                return .given(try await call())
            } catch let error as AWSError {
                guard error.isRetryable, hasTime else { throw error }
                logger.warning("a launch got no answer and is repeated", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .milliseconds(Int.random(in: 500...1500)))
                if error.mayHaveHappened, let machine = try await present() { return .found(machine) }
            }
        }
    }

    /// Records what is about to be launched, unless an earlier run did.
    ///
    /// - Returns: What is to be launched.
    private func intend(
        _ method: String,
        _ market: EC2.Market,
        _ overrides: [EC2.CreateFleet.Override]
    ) async throws -> [EC2.CreateFleet.Override] {
        if let known: Intent = try steps.read("launch"), known.method == method,
            known.market == market.rawValue
        {
            return known.places.map { .init(instanceType: $0.type, subnetID: $0.subnet) }
        }
        let places = overrides.map { Intent.Place(type: $0.instanceType, subnet: $0.subnetID) }
        let intent = Intent(market: market.rawValue, method: method, places: places, at: Date())
        try await steps.record("launch", intent)
        return overrides
    }

    private var hasTime: Bool { limit.map { .now < $0 } ?? true }

    private func outcome(_ id: String, type: String?, zone: String?, _ market: EC2.Market)
        -> ReplacementOutcome
    {
        var outcome = ReplacementOutcome(.launched)
        outcome.instanceID = id
        outcome.instanceType = type
        outcome.zone = zone
        outcome.market = market.rawValue
        outcome.launchedAt = Date()
        return outcome
    }

    /// Whether another offering, or the other market, may be had all the same.
    private static func isOfMarket(_ code: AWSError.Code) -> Bool {
        code == .insufficientCapacity || code == .quotaExceeded
    }

    private func remember(
        _ refusals: [EC2.FleetResult.Refusal],
        _ market: EC2.Market,
        _ choice: Choice
    ) async throws {
        for (code, refusals) in Dictionary(
            grouping: refusals.filter { Self.isOfMarket($0.code) },
            by: \.rawCode
        ) {
            let refused = refusals.compactMap { refusal -> Offering? in
                guard let type = refusal.instanceType,
                    let zone = refusal.zone ?? refusal.subnetID.flatMap({ choice.zones[$0] })
                else { return nil }
                return Offering(market: market.rawValue, instanceType: type, zone: zone)
            }
            try await remember(Set(refused), code)
        }
    }

    private func remember(_ refused: Set<Offering>, _ code: String) async throws {
        try await offerings.remember(
            refused,
            account: aws.account,
            region: aws.region.name,
            reason: code,
            for: ReplacementLaunch.pause
        )
    }
}
