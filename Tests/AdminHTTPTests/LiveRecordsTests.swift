import Agent
import AgentTestKit
import Records
import Simulation
import Synchronization
import Testing

@testable import AdminHTTP

@Suite struct LiveRecordsTests {
    /// What a reader has seen.
    private final class Seen: Sendable {
        let state = Mutex<(names: [String], hasEnded: Bool)>(([], false))
    }

    /// Writes numbered records.
    private func write(_ numbers: Range<Int>, to running: RunningServer, topic: String = "t") async throws {
        for number in numbers {
            _ = try await running.agent.append(
                LocalRecord(topic: topic, stream: .telemetry, payload: Array("\(number)".utf8)))
        }
    }

    /// The events that come until there are so many.
    private func events(
        _ count: Int, of target: String, after last: String? = nil, from running: RunningServer
    ) async throws -> [AdminClient.Event] {
        var events: [AdminClient.Event] = []
        let refusal = try await running.client.follow(target, after: last) { event in
            events.append(event)
            return events.count < count
        }
        if let refusal { throw TestKitError("\(refusal.status) \(refusal.text)") }
        return events
    }

    private func numbers(_ events: [AdminClient.Event]) throws -> [Int] {
        try events.filter { $0.name == "record" }.compactMap { try JSONValue($0.json)["data"]?.number.map { Int($0) } }
    }

    @Test func `records come as they are written, and a reader that comes back misses none`() async throws {
        try await RunningServer.with { running in
            try await write(0..<10, to: running)
            async let first = events(15, of: "/records/live?from=oldest", from: running)
            try await write(10..<20, to: running)
            let before = try await first
            #expect(try numbers(before) == Array(0..<15))
            let after = try await events(5, of: "/records/live?from=newest", after: before.last?.id, from: running)
            #expect(try numbers(after) == Array(15..<20))
        }
    }

    @Test func `a filter leaves out what it does not name`() async throws {
        try await RunningServer.with { running in
            for number in 0..<10 { try await write(number..<number + 1, to: running, topic: "a/\(number % 2)") }
            let found = try await events(5, of: "/records/live?from=oldest&topic=%2B/1", from: running)
            #expect(try numbers(found) == [1, 3, 5, 7, 9])
        }
    }

    @Test func `a hundred readers get every record once and in order`() async throws {
        try await RunningServer.with { running in
            try await write(0..<50, to: running)
            let readers = try await withThrowingTaskGroup(of: [Int].self) { tasks in
                for reader in 0..<100 {
                    let start = reader % 2 == 0 ? "oldest" : "\(reader % 50 + 1)"
                    tasks.addTask {
                        let first = reader % 2 == 0 ? 0 : reader % 50
                        let found = try await events(
                            200 - first, of: "/records/live?from=\(start)", from: running)
                        let numbers = found.compactMap { event in
                            event.id.flatMap { Position($0) }.map { Int($0.sequence.rawValue) - 1 }
                        }
                        return numbers == Array(first..<200) ? [] : [reader] + numbers
                    }
                }
                try await write(50..<200, to: running)
                return try await tasks.reduce(into: [[Int]]()) { if !$1.isEmpty { $0.append($1) } }
            }
            #expect(readers == [])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `large records come as fast as small ones, also when nothing is written any more`() async throws {
        // A pause between two looks at the log would be minutes.
        let patience = AdminPatience(request: .seconds(10), stall: .seconds(3600), silence: .seconds(3600))
        try await RunningServer.with(patience: patience) { running in
            async let first = events(50, of: "/records/live?from=oldest", from: running)
            let payload = [UInt8](repeating: 0x61, count: 40_000)
            for _ in 0..<50 {
                _ = try await running.agent.append(LocalRecord(topic: "t", stream: .telemetry, payload: payload))
            }
            #expect(try await first.map(\.name) == Array(repeating: "record", count: 50))
        }
    }

    @Test func `P3 a reader is told what the ring has overwritten`() async throws {
        try await RunningServer.with { running in
            let payload = (0..<60_000).map { _ in UInt8.random(in: 0...255) }
            let first = try await running.agent.append(
                LocalRecord(topic: "t", stream: .telemetry, payload: payload))
            var last = first
            for _ in 0..<120 {
                last = try await running.agent.append(
                    LocalRecord(topic: "t", stream: .telemetry, payload: payload))
            }
            let found = try await events(1, of: "/records/live?from=\(first.position)", from: running)
            #expect(found[0].name == "lost")
            let loss = try JSONValue(found[0].json)
            #expect(loss["first"]?.number == 1)
            #expect(loss["reason"]?.text == "overwritten")
            let lastLost = try #require(loss["last"]?.number)
            #expect(lastLost >= 1 && lastLost < Double(last.position.sequence.rawValue))
        }
    }

    @Test func `streams end with a word when the agent stops`() async throws {
        let seen = Seen()
        try await RunningServer.with { running in
            try await write(0..<1, to: running)
            let client = running.client
            Task {
                // What it has seen by then tells what is wrong.
                _ = try? await client.follow("/records/live?from=oldest") { event in
                    seen.state.withLock { $0.names.append(event.name) }
                    return true
                }
                seen.state.withLock { $0.hasEnded = true }
            }
            let isReading = await eventually { seen.state.withLock { !$0.names.isEmpty } }
            #expect(isReading)
        }
        let hasEnded = await eventually { seen.state.withLock { $0.hasEnded } }
        #expect(hasEnded)
        #expect(seen.state.withLock { $0.names } == ["record", "end"])
    }
}
