import AgentTestKit
import Testing

/// Which messages a client has acknowledged, from the bytes of its socket.
struct AcknowledgementTraceTests {
    private static let socket = "5<TCP:[127.0.0.1:40000->127.0.0.1:1883]>"
    private static let connect: [UInt8] = [0x10, 13, 0, 4] + Array("MQTT".utf8) + [5, 2, 0, 60, 0, 0, 0]
    private static let connect4: [UInt8] = [0x10, 12, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 0]

    private static func publish(_ identifier: UInt8, properties: [UInt8]?, _ payload: String) -> [UInt8] {
        let body = [0, 1] + Array("t".utf8) + [0, identifier] + (properties.map { [UInt8($0.count)] + $0 } ?? [])
        return [0x32, UInt8(body.count + payload.utf8.count)] + body + Array(payload.utf8)
    }

    private static func line(_ call: String, _ bytes: [UInt8]) -> String {
        "1 \(call)(\(socket), \"\(HandTrace.hexadecimal(bytes))\", \(bytes.count)) = \(bytes.count)\n"
    }

    @Test func `each PUBACK is joined with its message wherever the bytes are split`() throws {
        let incoming = Self.publish(1, properties: [1, 1], "one") + Self.publish(2, properties: [], "two")
        let outgoing: [UInt8] = [0x40, 2, 0, 2, 0x40, 3, 0, 1, 0]
        for split in 1..<incoming.count {
            for cut in 1..<outgoing.count {
                let trace = try HandTrace.read(
                    Self.line("sendto", Self.connect) + Self.line("read", Array(incoming[..<split]))
                        + Self.line("recvfrom", Array(incoming[split...])) + Self.line("write", Array(outgoing[..<cut]))
                        + Self.line("sendto", Array(outgoing[cut...])))
                let seen = AcknowledgementTrace(of: trace, peerPort: 1883)
                #expect(seen.acknowledgements.map { String(decoding: $0.payload, as: UTF8.self) } == ["two", "one"])
                #expect(seen.acknowledgements.map(\.topic) == ["t", "t"])
                #expect(seen.otherCount == 0)
                #expect(seen.acknowledgements(through: 2).isEmpty)
                #expect(seen.acknowledgements(through: 4).count == 2)
            }
        }
    }

    @Test func `an MQTT 3 payload begins after the packet identifier`() throws {
        let trace = try HandTrace.read(
            Self.line("sendto", Self.connect4) + Self.line("read", Self.publish(9, properties: nil, "payload"))
                + Self.line("sendto", [0x40, 2, 0, 9]))
        let seen = AcknowledgementTrace(of: trace)
        #expect(seen.acknowledgements.map(\.payload) == [Array("payload".utf8)])
    }

    @Test func `another port, a refusal, and a PUBACK without message do not count`() throws {
        let log =
            Self.line("sendto", Self.connect) + Self.line("read", Self.publish(1, properties: [], "x"))
            + Self.line("sendto", [0x40, 3, 0, 1, 0x87]) + Self.line("sendto", [0x40, 2, 0, 7])
        let seen = AcknowledgementTrace(of: try HandTrace.read(log), peerPort: 1883)
        #expect(seen.acknowledgements.isEmpty)
        #expect(seen.otherCount == 2)
        #expect(AcknowledgementTrace(of: try HandTrace.read(log), peerPort: 1884).otherCount == 0)
    }

    @Test func `a connection that does not begin with CONNECT is not read as MQTT`() throws {
        let trace = try HandTrace.read(
            Self.line("sendto", Array("@".utf8) + [2, 0, 1]) + Self.line("sendto", [0x40, 2, 0, 1]))
        #expect(AcknowledgementTrace(of: trace).otherCount == 0)
    }

    @Test func `a new connection under the same addresses starts anew`() throws {
        let trace = try HandTrace.read(
            Self.line("sendto", Self.connect) + Self.line("read", Self.publish(1, properties: [], "old"))
                + Self.line("sendto", [0x40, 2]) + "1 close(\(Self.socket)) = 0\n"
                + Self.line("sendto", Self.connect) + Self.line("read", Self.publish(1, properties: [], "new"))
                + Self.line("sendto", [0x40, 2, 0, 1]))
        let seen = AcknowledgementTrace(of: trace)
        #expect(seen.acknowledgements.map(\.payload) == [Array("new".utf8)])
    }

    @Test func `a PUBACK that begins before the sync has returned is premature`() throws {
        func trace(acknowledgedAt position: Int) throws -> AcknowledgementTrace {
            var lines = [
                "2 fdatasync(3</f/log> <unfinished ...>\n", "2 <... fdatasync resumed>) = 0\n",
                "2 pwrite64(3</f/log>, \"next\", 4, 3) = 4\n",
            ]
            lines.insert(Self.line("sendto", [0x40, 2, 0, 1]), at: position)
            return AcknowledgementTrace(
                of: try HandTrace.read(
                    "1 openat(AT_FDCWD</w>, \"/f/log\", O_RDWR|O_CREAT, 0644) = 3</f/log>\n"
                        + Self.line("sendto", Self.connect) + Self.line("read", Self.publish(1, properties: [], "x"))
                        + "1 clone(flags=CLONE_VM|CLONE_FILES) = 2\n"
                        + "2 pwrite64(3</f/log>, \"one\", 3, 0) = 3\n" + lines.joined()))
        }
        for (position, isPremature) in [(0, true), (1, true), (2, false), (3, false)] {
            let seen = try trace(acknowledgedAt: position)
            let premature = seen.premature()
            #expect(premature.map(\.unsynced.count) == (isPremature ? [1] : []), "\(position)")
            let unsynced = seen.unsyncedWrites(before: try #require(seen.acknowledgements.first))
            #expect(unsynced.map(\.offset) == (isPremature ? [0] : position == 3 ? [3] : []), "\(position)")
        }
    }
}
