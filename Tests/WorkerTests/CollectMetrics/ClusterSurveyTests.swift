import Kubernetes
import Optimizer
import Store
import Testing

@testable import Worker

@Suite("ClusterSurvey") struct ClusterSurveyTests {
    @Test func addsUpWhatNodesOfferAndPodsRequest() throws {
        var survey = try Objects.survey([Objects.node("a"), Objects.node("b", capacity: "spot")])
        survey.saw([
            Objects.pod(on: "a"), Objects.pod(on: "a", cpu: "1"), Objects.pod(on: "b"),
            Objects.pod(on: "a", phase: "Succeeded"), Objects.pod(on: "b", phase: "Failed"),
            Objects.pod(on: "gone"),
        ])
        #expect(survey.allocatable.cpu == Quantity("3860m"))
        #expect(survey.allocatable.memory == Quantity("14Gi"))
        #expect(survey.allocated.cpu == Quantity("1500m"), "of the nodes that were seen")
        #expect(survey.allocated.memory == Quantity("192Mi"))
        #expect(survey.podCount == 4)
        #expect(survey.count(.spot) == 1)
        #expect(survey.count(.onDemand) == 1)
        #expect(survey.count(.unknown) == 0)
    }

    @Test func countsPendingPods() throws {
        var survey = try Objects.survey([Objects.node("a")])
        survey.saw([
            Objects.pod(on: nil, phase: "Pending"), Objects.pod(on: "a", phase: "Pending"),
            Objects.pod(on: "a"),
        ])
        #expect(survey.podCount == 3)
        #expect(survey.pendingPods == 2)
        #expect(survey.unscheduledPods == 1)
        #expect(survey.allocated.cpu == Quantity("500m"), "a pod without a node takes nothing yet")
    }

    @Test func forgetsPodsWhenTheListBeginsAnew() throws {
        var survey = try Objects.survey([Objects.node("a")])
        survey.saw([Objects.pod(on: "a"), Objects.pod(on: nil, phase: "Pending")])
        survey.forgetPods()
        #expect(survey.podCount == 0 && survey.pendingPods == 0 && survey.unscheduledPods == 0)
        #expect(survey.allocated.cpu == .zero)
        #expect(survey.nodes.count == 1)
    }

    @Test func knowsTheUseOnlyIfItKnowsItOfEveryNode() throws {
        var survey = try Objects.survey([Objects.node("a"), Objects.node("b")])
        #expect(survey.totalUsed == nil, "no metrics-server")
        survey.saw([try Objects.use("a", cpu: "250m", memory: "1Gi")])
        #expect(survey.totalUsed == nil, "a node that is missing does not use 0")
        survey.saw([
            try Objects.use("a", cpu: "250000000n", memory: "1Gi"),
            try Objects.use("b", cpu: "1", memory: "512Mi"),
            try Objects.use("gone", cpu: "7", memory: "7Gi"),
        ])
        #expect(survey.totalUsed?.cpu == Quantity("1250m"))
        #expect(survey.totalUsed?.memory == Quantity("1536Mi"))
    }

    @Test func knowsTheCostOnlyIfItKnowsEveryPrice() throws {
        let priced = try Objects.survey([Objects.node("a"), Objects.node("b", capacity: "spot")])
        #expect(priced.cost.total == Money(decimal: "0.1311"))
        #expect(priced.cost.unpricedNodes == 0)
        for stranger in [
            try Objects.node("c", type: "x9.metal"), try Objects.node("c", type: nil),
            try Objects.node("c", capacity: nil), try Objects.node("c", capacity: "reserved"),
        ] {
            let survey = try Objects.survey([Objects.node("a"), stranger])
            #expect(survey.cost.total == nil)
            #expect(survey.cost.known == Money(decimal: "0.096"))
            #expect(survey.cost.unpricedNodes == 1)
        }
        let elsewhere = try Objects.survey([Objects.node("a")], region: "eu-west-9")
        #expect(elsewhere.cost.total == nil)
    }

    @Test func judgesHealth() throws {
        func health(_ nodes: [Node], _ pods: [Pod] = []) throws -> (ClusterRecord.Health, String?) {
            var survey = try Objects.survey(nodes)
            survey.saw(pods)
            return survey.health
        }
        let ready = try Objects.node("a")
        let broken = try Objects.node("b", isReady: false)
        let waiting = Objects.pod(on: nil, phase: "Pending")
        #expect(try health([]) == (.red, "the cluster has no nodes"))
        #expect(try health([broken]) == (.red, "none of 1 nodes is ready"))
        #expect(try health([ready, broken]) == (.yellow, "1 of 2 nodes are not ready"))
        #expect(try health([ready], [waiting]) == (.yellow, "no node takes 1 pods"))
        #expect(
            try health([ready, broken], [waiting, waiting])
                == (.yellow, "1 of 2 nodes are not ready; no node takes 2 pods")
        )
        #expect(try health([ready], [Objects.pod(on: "a", phase: "Pending")]) == (.green, nil))
        #expect(try health([try Objects.node("a", isCordoned: true)]) == (.green, nil))
    }

    @Test(arguments: [
        ("0", "0.000000000"), ("1", "1.000000000"), ("250m", "0.250000000"), ("1n", "0.000000001"),
        ("1536Mi", "1610612736.000000000"), ("1.5", "1.500000000"), ("-250m", "-0.250000000"),
    ])
    func writesQuantitiesAsDecimals(text: String, decimal: String) throws {
        #expect(try #require(Quantity(text)).decimal == decimal)
    }

    @Test func writesQuantitiesAsNumbers() throws {
        #expect(try #require(Quantity("250m")).units == 0.25)
        #expect(try #require(Quantity("1536Mi")).gibibytes == 1.5)
        #expect(try #require(Quantity("1Ki")).gibibytes == 0.000001)
    }
}
