import Agent
import AgentTestKit
import Records
import Simulation
import Synchronization
import Testing
import Threads

@testable import AdminHTTP

@Suite struct LiveRecordsTests {
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
        let client = running.client
        return try await onOwnThread {
            var events: [AdminClient.Event] = []
            let refusal = try client.follow(target, after: last) { event in
                events.append(event)
                return events.count < count
            }
            if let refusal { throw TestKitError("\(refusal.status) \(refusal.text)") }
            return events
        }
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

    @Test func `a reader that takes nothing is dropped and told of, and delays nobody`() async throws {
        let patience = AdminPatience(request: .seconds(10), stall: .milliseconds(300), silence: .milliseconds(300))
        try await RunningServer.with(patience: patience) { running in
            let path = running.socket
            let stalled = try await onOwnThread { () -> SendableConnection in
                let connection = try UnixConnection(to: path, timeout: .seconds(30))
                try connection.send(Array("GET /records/live HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                _ = try connection.receive()
                return SendableConnection(connection)
            }
            let payload = String(repeating: "x", count: 50_000)
            for _ in 0..<40 {
                _ = try await running.agent.append(
                    LocalRecord(topic: "t", stream: .telemetry, payload: Array(payload.utf8)))
            }
            let isTold = await eventually {
                running.complaints.newestFirst.contains { $0.text.contains("took nothing") }
            }
            #expect(isTold, "\(running.complaints.newestFirst)")
            try await write(0..<3, to: running)
            #expect(try numbers(try await events(3, of: "/records/live?from=-3", from: running)) == [0, 1, 2])
            _ = stalled
        }
    }

    @Test func `streams end with a word when the agent stops`() async throws {
        let seen = Mutex<(names: [String], hasEnded: Bool)>(([], false))
        try await RunningServer.with { running in
            try await write(0..<1, to: running)
            let client = running.client
            let isRunning = OwnThread.start(named: "reader") {
                // What it has seen by then tells what is wrong.
                _ = try? client.follow("/records/live?from=oldest") { event in
                    seen.withLock { $0.names.append(event.name) }
                    return true
                }
                seen.withLock { $0.hasEnded = true }
            }
            #expect(isRunning)
            let isReading = await eventually { seen.withLock { !$0.names.isEmpty } }
            #expect(isReading)
        }
        let hasEnded = await eventually { seen.withLock { $0.hasEnded } }
        #expect(hasEnded)
        #expect(seen.withLock { $0.names } == ["record", "end"])
    }
}

/// A connection that only one thread uses at a time.
final class SendableConnection: @unchecked Sendable {
    // @unchecked: it is kept, and nobody calls it any more.
    private let connection: UnixConnection
    init(_ connection: UnixConnection) { self.connection = connection }
}
