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

    @Test func `parts are told to stop at the same time`() async throws {
        let told = Waiting.Told()
        let parts = (0..<5).map { _ in Waiting(count: 5, told: told) }
        try await running([PartGroup(parts)]) {}
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
            try await PartGroup([Patient(), Failing(), Patient()]).run()
        }
    }

    @Test func `one part is stopped and another started while the rest goes on`() async throws {
        final class Counting: Service {
            let starts = Atomic<Int>(0)
            let stops = Atomic<Int>(0)

            func run() async throws {
                starts.add(1, ordering: .relaxed)
                await untilShutdown()
                stops.add(1, ordering: .relaxed)
            }
        }
        let parts = [Counting(), Counting()]
        let late = Counting()
        let group = PartGroup(parts)
        try await running([group]) {
            #expect(await eventually { parts.allSatisfy { $0.starts.load(ordering: .relaxed) == 1 } })
            await group.stop(parts[0])
            #expect(parts.map { $0.stops.load(ordering: .relaxed) } == [1, 0])
            group.start(late)
            #expect(await eventually { late.starts.load(ordering: .relaxed) == 1 })
        }
        #expect(parts.map { $0.stops.load(ordering: .relaxed) } == [1, 1])
        #expect(late.stops.load(ordering: .relaxed) == 1)
    }
}
