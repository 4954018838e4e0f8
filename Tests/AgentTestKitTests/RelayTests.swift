import Glibc
import Synchronization
import Testing

@testable import AgentTestKit

struct RelayTests {
    /// Answers what it gets with the same bytes.
    private static func echo() throws -> FakeBroker {
        try FakeBroker { _, connection in
            while let packet = connection.receive() { connection.send(type: packet.type, body: packet.body) }
        }
    }

    /// A client with a packet of ten bytes, which the server sends back.
    private final class Client {
        static let packet: [UInt8] = [0x30, 8] + Array("12345678".utf8)
        private let descriptor: Int32

        init(_ relay: Relay) throws {
            descriptor = try #require(LoopbackListener.connect(to: relay.port))
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }

        deinit { close(descriptor) }

        func send() { _ = Glibc.send(descriptor, Client.packet, Client.packet.count, Int32(MSG_NOSIGNAL)) }

        /// The next bytes; empty at an end in order, nil where nothing is there.
        func receive() throws -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: 1000)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0, errno == EAGAIN { return nil }
            guard count >= 0 else { throw TestKitError("receive", errno: errno) }
            return Array(bytes[..<count])
        }

        func received() async throws -> [UInt8] {
            var bytes: [UInt8] = []
            _ = try await eventually {
                bytes += try receive() ?? []
                return bytes.count >= Client.packet.count
            }
            return bytes
        }

        func isReset() async -> Bool {
            await eventually { (try? receive()) == nil && errno == ECONNRESET }
        }
    }

    @Test func `what goes through a relay arrives, and is counted`() async throws {
        let server = try RelayTests.echo()
        let relay = try Relay(to: server.port)
        let client = try Client(relay)
        client.send()
        #expect(try await client.received() == Client.packet)
        relay.behaviour = .delayed(.milliseconds(20))
        client.send()
        #expect(try await client.received() == Client.packet)
        let traffic = relay.traffic
        #expect(traffic.toServer == 20 && traffic.toClient == 20)
        #expect(traffic.connections == 1 && traffic.swallowed == 0)
    }

    @Test func `a cut resets what is open and what is new`() async throws {
        let server = try RelayTests.echo()
        let relay = try Relay(to: server.port)
        let client = try Client(relay)
        client.send()
        _ = try await client.received()
        relay.behaviour = .cut
        #expect(await client.isReset())
        #expect(await (try Client(relay)).isReset())
        relay.behaviour = .passing
        let next = try Client(relay)
        next.send()
        #expect(try await next.received() == Client.packet)
    }

    @Test func `a silent relay swallows everything, tells nobody, and resets what missed something when it ends`()
        async throws
    {
        let server = try RelayTests.echo()
        let relay = try Relay(to: server.port)
        let (idle, client) = (try Client(relay), try Client(relay))
        for client in [idle, client] {
            client.send()
            _ = try await client.received()
        }
        relay.behaviour = .silent
        let new = try Client(relay)
        client.send()
        new.send()
        #expect(await eventually { relay.traffic.swallowed == 20 })
        #expect(try client.receive() == nil)
        #expect(try new.receive() == nil)
        #expect(server.connectionsSeen == 2)
        relay.behaviour = .passing
        #expect(await client.isReset())
        #expect(await new.isReset())
        idle.send()
        #expect(try await idle.received() == Client.packet)
    }

    @Test(arguments: [1, 7, 10, 11] as [UInt64]) func `a link breaks at exactly the byte that was asked for`(
        count: UInt64
    ) async throws {
        let server = try RelayTests.echo()
        let relay = try Relay(to: server.port)
        relay.become(.silent, afterBytesToServer: count)
        let client = try Client(relay)
        client.send()
        client.send()
        #expect(await eventually { relay.behaviour == .silent && relay.traffic.swallowed >= 20 - count })
        #expect(relay.traffic.toServer == count)
        #expect(await eventually { server.received.count == Int(count / 10) })
    }

    @Test func `a thin link lets everything through, and never more than its rate`() async throws {
        let server = try RelayTests.echo()
        let relay = try Relay(to: server.port)
        let begun = ContinuousClock.now
        relay.behaviour = .throttled(bytesPerSecond: 1000)
        let client = try Client(relay)
        for _ in 0..<30 { client.send() }
        var received = 0
        let isThere = try await eventually {
            received += try client.receive()?.count ?? 0
            let allowed = 1000 * (begun.duration(to: .now) / .seconds(1)) + 21
            #expect(Double(relay.traffic.toServer) <= allowed)
            return received == 300
        }
        #expect(isThere)
    }

    @Test func `a client of a server that is not there is reset`() async throws {
        let port = try LoopbackListener().port
        let client = try Client(try Relay(to: port))
        #expect(await client.isReset())
    }
}
