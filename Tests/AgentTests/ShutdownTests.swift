import AgentTestKit
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Agent

struct ShutdownTests {
    /// Ends only when others have been told to end too.
    private struct Waiting: Service {
        let count: Int
        let told: Told

        final class Told: Sendable {
            let count = Atomic<Int>(0)
        }

        func run() async throws {
            await untilShutdown()
            told.count.add(1, ordering: .relaxed)
            let areAllTold = await eventually { told.count.load(ordering: .relaxed) == count }
            guard areAllTold else { throw TestKitError("one after the other") }
        }
    }

    @Test func `services together are told to stop at the same time`() async throws {
        let told = Waiting.Told()
        let services = (0..<5).map { _ in Waiting(count: 5, told: told) }
        try await running([ServicesTogether(services: services)]) {}
        #expect(told.count.load(ordering: .relaxed) == 5)
    }

    @Test func `one service that fails ends the others`() async throws {
        struct Failing: Service {
            func run() async throws { throw TestKitError("no port") }
        }
        struct Patient: Service {
            func run() async throws { await untilShutdown() }
        }
        await #expect(throws: TestKitError.self) {
            try await ServicesTogether(services: [Patient(), Failing(), Patient()]).run()
        }
    }
}
