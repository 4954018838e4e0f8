import Glibc
import Synchronization

/// The server's end of one connection to a ``FakeBroker``. Used by the script's thread only.
public final class FakeBrokerConnection: @unchecked Sendable {
    // @unchecked: only the thread that runs the script uses it.

    /// One MQTT packet as it came.
    public struct Packet: Sendable, Equatable {
        /// The upper half of the first byte: 1 CONNECT, 3 PUBLISH, 4 PUBACK, 8 SUBSCRIBE,
        /// 10 UNSUBSCRIBE, 12 PINGREQ, 14 DISCONNECT.
        public let type: UInt8
        /// The lower half.
        public let flags: UInt8
        /// What follows the fixed header.
        public let body: [UInt8]

        /// The packet identifier, where the packet has one.
        public var packetID: UInt16 {
            var offset = 0
            if type == 3, body.count >= 2 { offset = 2 + Int(body[0]) << 8 + Int(body[1]) }
            guard body.count >= offset + 2 else { return 0 }
            return UInt16(body[offset]) << 8 | UInt16(body[offset + 1])
        }
    }

    private let descriptor: Int32
    private let note: @Sendable (Packet) -> Void
    /// Whether the client's CONNECT asked for MQTT 5.
    public private(set) var isVersion5 = true

    init(descriptor: Int32, note: @escaping @Sendable (Packet) -> Void) {
        self.descriptor = descriptor
        self.note = note
    }

    deinit { close(descriptor) }

    /// The next packet; nil when the client is gone or says nothing for a minute.
    public func receive() -> Packet? {
        guard let first = read(1)?.first else { return nil }
        var length = 0
        var shift = 0
        while true {
            guard let byte = read(1)?.first, shift <= 21 else { return nil }
            length |= Int(byte & 0x7F) << shift
            shift += 7
            if byte & 0x80 == 0 { break }
        }
        guard let body = read(length) else { return nil }
        let packet = Packet(type: first >> 4, flags: first & 0x0F, body: body)
        if packet.type == 1, body.count > 6 { isVersion5 = body[6] == 5 }
        note(packet)
        return packet
    }

    /// Receives until a packet of `type` has come.
    public func receive(type: UInt8) -> Packet? {
        while let packet = receive() {
            if packet.type == type { return packet }
        }
        return nil
    }

    /// Waits for CONNECT and answers it.
    ///
    /// - Parameters:
    ///   - properties: of the CONNACK, encoded; MQTT 5 only.
    @discardableResult
    public func acceptClient(isSessionPresent: Bool = false, code: UInt8 = 0, properties: [UInt8] = []) -> Bool {
        guard receive(type: 1) != nil else { return false }
        var body: [UInt8] = [isSessionPresent ? 1 : 0, code]
        if isVersion5 { body += [UInt8(properties.count)] + properties }
        send(type: 2, body: body)
        return true
    }

    /// Waits for a SUBSCRIBE and answers it with `code`.
    @discardableResult
    public func acceptSubscription(code: UInt8 = 1) -> Bool {
        guard let packet = receive(type: 8) else { return false }
        send(type: 9, body: Array(packet.body[0..<2]) + (isVersion5 ? [0] : []) + [code])
        return true
    }

    /// Waits for an UNSUBSCRIBE and answers it with success.
    @discardableResult
    public func acceptUnsubscription() -> Bool {
        guard let packet = receive(type: 10) else { return false }
        send(type: 11, body: Array(packet.body[0..<2]) + (isVersion5 ? [0, 0] : []))
        return true
    }

    /// Sends a PUBLISH.
    ///
    /// - Parameters:
    ///   - properties: encoded, without their length; MQTT 5 only.
    public func publish(
        topic: String, payload: [UInt8], packetID: UInt16, isDuplicate: Bool = false, isRetained: Bool = false,
        properties: [UInt8] = []
    ) {
        send(
            Self.publishPacket(
                topic: topic, payload: payload, packetID: packetID, isDuplicate: isDuplicate, isRetained: isRetained,
                properties: isVersion5 ? properties : nil))
    }

    /// Answers a PUBLISH; in 3.1.1 without the code.
    public func acknowledge(_ packetID: UInt16, code: UInt8 = 0) {
        let identifier = [UInt8(packetID >> 8), UInt8(packetID & 0xFF)]
        send(type: 4, body: identifier + (isVersion5 && code != 0 ? [code] : []))
    }

    /// Sends a packet with a right length.
    public func send(type: UInt8, flags: UInt8 = 0, body: [UInt8]) {
        send([type << 4 | flags] + Self.variableByteInteger(body.count) + body)
    }

    /// Sends bytes as they are; false when the client is gone.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Ends the server's side; the client sees the end of the stream after everything that was sent.
    public func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads and ignores everything until the client has closed the connection; for a minute at most.
    public func waitForClose() {
        while receive() != nil {}
    }

    /// A PUBLISH at QoS 1, encoded; `properties` nil: MQTT 3.1.1.
    public static func publishPacket(
        topic: String, payload: [UInt8], packetID: UInt16, isDuplicate: Bool = false, isRetained: Bool = false,
        properties: [UInt8]?
    ) -> [UInt8] {
        let name = Array(topic.utf8)
        var body = [UInt8(name.count >> 8), UInt8(name.count & 0xFF)] + name
        body += [UInt8(packetID >> 8), UInt8(packetID & 0xFF)]
        if let properties { body += variableByteInteger(properties.count) + properties }
        body += payload
        let flags: UInt8 = 0x02 | (isDuplicate ? 0x08 : 0) | (isRetained ? 0x01 : 0)
        return [0x30 | flags] + variableByteInteger(body.count) + body
    }

    /// A Variable Byte Integer (MQTT 5.0, 1.5.5).
    public static func variableByteInteger(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        repeat {
            let byte = UInt8(rest & 0x7F)
            rest >>= 7
            bytes.append(rest > 0 ? byte | 0x80 : byte)
        } while rest > 0
        return bytes
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 60_000) > 0 else { return nil }
            let got = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor, buffer.baseAddress! + filled, count - filled, 0)
            }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }
}
