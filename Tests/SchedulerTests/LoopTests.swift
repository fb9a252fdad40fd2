import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@testable import Scheduler

@Suite("Loop", .timeLimit(.minutes(1))) struct LoopTests {
    @Test func endsOnGracefulShutdown() async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await Loop { while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) } }
                        .run()
                }
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    @Test func endsWhenItIsCancelled() async throws {
        let task = Task {
            try await Loop { while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) } }.run()
        }
        task.cancel()
        try await task.value
    }
}
