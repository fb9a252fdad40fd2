import ArgumentParser
import Bootstrap
import Configuration
import Jobs
import Testing

@testable import Worker

@Suite("Options of the worker") struct WorkerCommandTests {
    private func configuration(
        _ arguments: [String] = [],
        _ environment: [String: String] = [:]
    ) throws -> WorkerConfiguration {
        let provider = EnvironmentVariablesProvider(environmentVariables: environment)
        return try WorkerCommand.parse(arguments)
            .workerConfiguration(Settings(reader: ConfigReader(provider: provider)))
    }

    private func refusal(_ arguments: [String] = [], _ environment: [String: String] = [:]) -> String {
        do {
            _ = try configuration(arguments, environment)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func servesEverythingByDefault() throws {
        let configuration = try configuration()
        #expect(configuration.queues == JobCatalogue.served.map(\.rawValue))
        #expect(configuration.concurrency == 64)
        #expect(configuration.reserve == 16)
        #expect(configuration.drainLimit == .seconds(25))
    }

    @Test func readsTheEnvironment() throws {
        let configuration = try configuration(
            [],
            [
                "WORKER_QUEUES": "noop, collect-metrics", "WORKER_CONCURRENCY": "4", "WORKER_RESERVE": "1",
                "DRAIN_SECONDS": "3",
            ]
        )
        #expect(configuration.queues == ["noop", "collect-metrics"])
        #expect(configuration.concurrency == 4)
        #expect(configuration.reserve == 1)
        #expect(configuration.drainLimit == .seconds(3))
    }

    @Test func optionsWin() throws {
        let configuration = try configuration(
            ["--queues", "noop", "--concurrency", "2", "--reserve", "1"],
            ["WORKER_QUEUES": "collect-metrics", "WORKER_CONCURRENCY": "4", "WORKER_RESERVE": "3"]
        )
        #expect(configuration.queues == ["noop"])
        #expect(configuration.concurrency == 2)
        #expect(configuration.reserve == 1)
    }

    @Test func namesEachQueueOnce() throws {
        #expect(
            try configuration(["--queues", "noop,noop , collect-metrics,"]).queues == [
                "noop", "collect-metrics",
            ]
        )
    }

    @Test func saysWhatWouldBeValid() {
        #expect(refusal(["--concurrency", "0"]).contains("1 to 1000"))
        #expect(refusal(["--concurrency", "1001"]).contains("1 to 1000"))
        #expect(refusal(["--concurrency", "4", "--reserve", "4"]).contains("0 to 3"))
        #expect(refusal(["--reserve", "-1"]).contains("reserve"))
        #expect(refusal(["--queues", "nap"]).contains("collect-metrics, cordon-node"))
        #expect(refusal([], ["WORKER_QUEUES": "nap"]).contains("WORKER_QUEUES"))
        #expect(refusal([], ["WORKER_CONCURRENCY": "many"]).contains("WORKER_CONCURRENCY is 'many'"))
        #expect(refusal([], ["WORKER_CONCURRENCY": "2000"]).contains("1 to 1000"))
        #expect(refusal([], ["DRAIN_SECONDS": "0"]).contains("DRAIN_SECONDS"))
    }
}
