import AgentTestKit
import Testing

/// What a client has published, from the bytes of its socket.
struct PublicationTraceTests {
    private static let socket = "5<TCP:[127.0.0.1:40000->127.0.0.1:1884]>"
    private static let connect: [UInt8] = [0x10, 13, 0, 4] + Array("MQTT".utf8) + [5, 2, 0, 60, 0, 0, 0]

    private static func text(_ text: String) -> [UInt8] { [0, UInt8(text.utf8.count)] + Array(text.utf8) }

    private static func line(_ bytes: [UInt8]) -> String {
        "1 sendto(\(socket), \"\(HandTrace.hexadecimal(bytes))\", \(bytes.count)) = \(bytes.count)\n"
    }

    /// Every kind of property of a PUBLISH (MQTT 5.0, 3.3.2.3), with user properties before, between and behind.
    private static let message: [UInt8] = {
        let properties: [UInt8] =
            [0x26] + text("id") + text("g/s/1/2") + [0x01, 1, 0x02, 0, 0, 0, 9] + [0x03] + text("type/x") + [0x26]
            + text("a") + text("") + [0x08] + text("answer") + [0x09, 0, 2, 0x26, 0x26] + [0x0B, 0x80, 1, 0x23, 0, 1]
            + [0x26] + text("z") + text("last")
        let body = text("t") + [0, 7] + [UInt8(properties.count)] + properties + Array("payload".utf8)
        return [0x32, UInt8(body.count)] + body
    }()

    @Test func `a publication is read with its user properties wherever the bytes are split`() throws {
        for split in 1..<Self.message.count {
            let trace = try HandTrace.read(
                Self.line(Self.connect) + Self.line(Array(Self.message[..<split]))
                    + Self.line(Array(Self.message[split...])))
            let publications = PublicationTrace(of: trace, peerPort: 1884).publications
            #expect(publications.map(\.topic) == ["t"])
            #expect(publications.map(\.payload) == [Array("payload".utf8)])
            #expect(publications.map(\.began) == [2], "the write that took the last byte")
            let properties = publications.flatMap(\.userProperties).map { "\($0.name)=\($0.value)" }
            #expect(properties == ["id=g/s/1/2", "a=", "z=last"])
        }
    }

    @Test func `another port and a packet that is cut short are no publications`() throws {
        let trace = try HandTrace.read(Self.line(Self.connect) + Self.line(Array(Self.message.dropLast())))
        #expect(PublicationTrace(of: trace, peerPort: 1884).publications.isEmpty)
        let whole = try HandTrace.read(Self.line(Self.connect) + Self.line(Self.message))
        #expect(PublicationTrace(of: whole, peerPort: 1883).publications.isEmpty)
    }
}
