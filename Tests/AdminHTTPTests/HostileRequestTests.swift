import Agent
import AgentTestKit
import Glibc
import Records
import Simulation
import Testing

@testable import AdminHTTP

@Suite struct HostileRequestTests {
    private let impatient = AdminPatience(request: .milliseconds(300), stall: .milliseconds(500), silence: .seconds(1))

    @Test(arguments: [
        "\r\n\r\n", "GARBAGE\r\n\r\n", "GET /status\r\n\r\n", "GET /status HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET /status HTTP/1.1\r\nHost : a\r\n\r\n", "GET /status HTTP/1.1\r\n\u{0}\r\n\r\n",
        "POST /records?topic=a HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /records?topic=a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST /records?topic=a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzz\r\n",
        "POST /records?topic=a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "\u{16}\u{3}\u{1}",
        "GET http://a:b:c/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET \u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
    ]) func `a malformed request ends its connection and nothing else`(request: String) async throws {
        try await RunningServer.with(patience: impatient) { running in
            let answer = try await running.exchange(Array(request.utf8))
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
            #expect(try await running.get("/healthz").status == 200)
            #expect(try JSONValue(try await running.get("/records").body)["records"]?.elements.isEmpty == true)
        }
    }

    @Test func `a header that is too long is refused`() async throws {
        try await RunningServer.with(patience: impatient) { running in
            let long = String(repeating: "x", count: 9000)
            let many = (0..<100).map { "X-\($0): 1\r\n" }.joined()
            for header in ["X: \(long)\r\n", many] {
                let answer = try await running.exchange(
                    Array("GET /status HTTP/1.1\r\nHost: a\r\n\(header)\r\n".utf8))
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"))
            }
            let target = try await running.exchange(Array("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            #expect(target.isEmpty || target.hasPrefix("HTTP/1.1 4"))
            #expect(try await running.get("/healthz").status == 200)
        }
    }

    @Test func `a body that is too large is refused before it is all there`() async throws {
        try await RunningServer.with { running in
            let size = AdminLimits.bodySizeMax + 1
            let reply = try await running.client.post("/records?topic=a", [UInt8](repeating: 0x61, count: size))
            #expect(reply.status == 413)
            #expect(running.agent.status.log.streams.allSatisfy { $0.held == 0 })
        }
    }

    @Test(arguments: [
        ("GET /status HTTP/1.1\r\nHost: a\r\n", "X: y\r\n"),
        ("POST /records?topic=a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", "x"),
        ("GET /status HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n", "x"),
    ]) func `a request that trickles in is given up, however steadily it trickles`(
        head: String, drop: String
    ) async throws {
        try await RunningServer.with(patience: impatient) { running in
            let path = running.socket
            // Until the server has ended it: a server that waits for ever never ends this test.
            let drops = try await onOwnThread { () throws -> Int in
                let connection = try RawConnection(to: path)
                try connection.send(Array(head.utf8))
                var drops = 0
                do throws(TestKitError) {
                    while true {
                        usleep(20_000)
                        try connection.send(Array(drop.utf8))
                        drops += 1
                    }
                } catch { return drops }
            }
            #expect(drops < 100_000)
            #expect(try await running.get("/healthz").status == 200)
        }
    }

    @Test func `ten thousand connections are bounded, told once at most, and cost no record`() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let attempts = min(10_000, Int(limit.rlim_cur) - 1000)
        try await RunningServer.with(patience: impatient) { running in
            let before = running.agent.status.process.descriptors
            let path = running.socket
            let held = try await onOwnThread { Self.connect(attempts, to: path) }
            defer { for descriptor in held { close(descriptor) } }
            #expect(held.count > AdminLimits.connectionsMax)
            // Both ends are in this process.
            let open = running.agent.status.process.descriptors - before - held.count
            #expect(open <= AdminLimits.connectionsMax + 64 + 16, "\(open) accepted")
            for number in 0..<100 {
                _ = try await running.agent.append(
                    LocalRecord(topic: "t", stream: .telemetry, payload: Array("\(number)".utf8)))
            }
            for descriptor in held { shutdown(descriptor, Int32(SHUT_RDWR)) }
            let answers = await eventually {
                // While those that wait are worked off, it may take more than one attempt.
                (try? await running.get("/records?limit=1000")).map { $0.status == 200 } ?? false
            }
            #expect(answers)
            let page = try JSONValue(try await running.get("/records?limit=1000").body)
            #expect(page["records"]?.elements.compactMap { $0["data"]?.number } == (0..<100).map(Double.init))
            #expect(running.complaints.newestFirst.count { $0.level == "warning" && $0.part == "admin" } <= 1)
        }
    }

    /// Opens connections, and holds those that it gets; gives up one after a moment, because the server has no room.
    private static func connect(_ count: Int, to path: String) -> [Int32] {
        var held: [Int32] = []
        for _ in 0..<count {
            let (descriptor, code) = RawConnection.connect(to: path, flags: Int32(SOCK_NONBLOCK.rawValue))
            guard descriptor >= 0 else { break }
            if code == 0 {
                held.append(descriptor)
            } else {
                close(descriptor)
                usleep(100)
            }
        }
        return held
    }
}
