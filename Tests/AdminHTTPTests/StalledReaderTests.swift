import Agent
import AgentTestKit
import Glibc
import NIOCore
import Records
import Simulation
import Testing

@testable import AdminHTTP

/// Readers of live records that take nothing: real sockets that nobody reads.
@Suite struct StalledReaderTests {
    private struct Weak {
        weak var channel: (any Channel)?
    }

    private static let token = "read-read-read-read"

    /// A stream of live records of which only the first bytes are ever taken.
    private func stalled(_ connection: RawConnection) async throws -> RawConnection {
        try await onOwnThread {
            try connection.send(
                Array(
                    "GET /records/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(Self.token)\r\n\r\n".utf8)
            )
            let answer = String(decoding: try connection.receive(), as: UTF8.self)
            guard answer.hasPrefix("HTTP/1.1 200") else { throw TestKitError("no stream: \(answer)") }
            return connection
        }
    }

    private func hasStalled(_ running: RunningServer) -> Bool {
        running.server.live.channels.contains { !$0.isWritable }
    }

    /// Writes large records until what a reader does not take has nowhere to go: a system finds more and more room for
    /// it, as far as it may.
    private func fill(_ running: RunningServer, until isFull: () -> Bool) async throws {
        let payload = [UInt8](repeating: 0x61, count: 50_000)
        for _ in 0..<2000 where !isFull() {
            let pulses = running.server.live.pulses
            for _ in 0..<5 {
                _ = try await running.agent.append(LocalRecord(topic: "large", stream: .telemetry, payload: payload))
            }
            await running.server.live.waitForPulse(after: pulses)
        }
        guard isFull() else { throw TestKitError("whatever is sent is taken") }
    }

    private func drops(_ running: RunningServer) -> [String] {
        running.complaints.newestFirst.map(\.text).filter { $0.contains("was dropped") }
    }

    @Test(.timeLimit(.minutes(3)))
    func `a reader that takes nothing delays no record, no other reader, and not the end of the agent`() async throws {
        let patience = AdminPatience(request: .seconds(10), stall: .seconds(3600), silence: .seconds(15))
        try await RunningServer.with(patience: patience) { running in
            let connection = try await stalled(try RawConnection(to: running.socket))
            try await fill(running) { hasStalled(running) }
            async let numbers = {
                var numbers: [Int] = []
                _ = try await running.client.follow("/records/live?from=oldest&topic=small") { event in
                    guard event.name == "record" else { return true }
                    numbers += (try? JSONValue(event.json)["data"]?.number).map { [Int($0)] } ?? []
                    return numbers.count < 500
                }
                return numbers
            }()
            for number in 0..<500 {
                _ = try await running.agent.append(
                    LocalRecord(topic: "small", stream: .telemetry, payload: Array("\(number)".utf8)))
            }
            #expect(try await numbers == Array(0..<500))
            #expect(hasStalled(running) && drops(running).isEmpty)
            withExtendedLifetime(connection) {}
        }
    }

    @Test(.timeLimit(.minutes(3)), arguments: [false, true])
    func `a reader that takes nothing is dropped when patience ends, told of once with who and why, and freed`(
        isRemote: Bool
    ) async throws {
        let folder = try TemporaryFolder("admin")
        try folder.write("read.token", Self.token)
        // A request has less time than a reader: what is dropped is not dropped for being idle.
        let patience = AdminPatience(request: .seconds(1), stall: .milliseconds(1500), silence: .milliseconds(300))
        let lines = isRemote ? ["listen = \"127.0.0.1:0\"", "token_file = \"read.token\""] : []
        try await RunningServer.with(lines, in: folder, patience: patience) { running in
            // Something else to complain of, which must not hide the drop.
            _ = try await running.exchange(
                Array("GET /status HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n".utf8))
            let connection = try await stalled(
                isRemote
                    ? try RawConnection(port: try #require(running.server.port)) : RawConnection(to: running.socket))
            #expect(await eventually { running.server.live.channels.count == 1 })
            let connections = [Weak(channel: running.server.live.channels.first)]
            try await fill(running) { running.server.live.channels.isEmpty || !drops(running).isEmpty }
            let isGone = await eventually { running.server.live.channels.isEmpty && connections[0].channel == nil }
            #expect(isGone, "what waited for it is freed with its connection")
            let who = isRemote ? "127.0.0.1:\(try connection.localPort())" : "process \(getpid()) of user \(getuid())"
            // Here it ends too, behind what the system holds for it: TCP gives that slowly where there is little room.
            if !isRemote { try await onOwnThread { while !(try connection.receive()).isEmpty {} } }
            #expect(
                drops(running) == [
                    "\(who), a reader of live records of telemetry, took too little for 1.5 seconds and was dropped"
                ])
        }
    }

    @Test func `a reader that goes away is none that was dropped`() async throws {
        let patience = AdminPatience(request: .seconds(10), stall: .zero, silence: .milliseconds(50))
        try await RunningServer.with(patience: patience) { running in
            do {
                let connection = try await stalled(try RawConnection(to: running.socket))
                #expect(await eventually { running.server.live.channels.count == 1 })
                withExtendedLifetime(connection) {}
            }
            _ = try await running.agent.append(LocalRecord(topic: "a", stream: .telemetry, payload: [0x31]))
            let isGone = await eventually { running.server.live.channels.isEmpty }
            #expect(isGone && drops(running).isEmpty)
        }
    }
}
