/// Cuts one direction of an MQTT connection into control packets (OASIS MQTT 5.0 section 2.1; the same in 3.1.1).
struct MQTTPacketReader {
    private var waiting: [UInt8] = []

    /// Takes the next bytes and returns the packets that they complete.
    mutating func packets(adding bytes: [UInt8]) -> [MQTTPacket] {
        waiting += bytes
        var packets: [MQTTPacket] = []
        var start = 0
        while let (packet, end) = Self.packet(in: waiting, from: start) {
            packets.append(packet)
            start = end
        }
        waiting.removeFirst(start)
        return packets
    }

    private static func packet(in bytes: [UInt8], from start: Int) -> (MQTTPacket, Int)? {
        var length = 0
        var next = start + 1
        // The remaining length is a variable byte integer of at most four bytes.
        for shift in [0, 7, 14, 21] {
            guard next < bytes.count else { return nil }
            let byte = bytes[next]
            next += 1
            length |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
        }
        guard next + length <= bytes.count else { return nil }
        return (MQTTPacket(firstByte: bytes[start], body: Array(bytes[next..<(next + length)])), next + length)
    }
}

/// One control packet: the first byte, and what follows the remaining length.
struct MQTTPacket {
    let firstByte: UInt8
    let body: [UInt8]

    /// 1 CONNECT, 3 PUBLISH, 4 PUBACK.
    var type: UInt8 { firstByte >> 4 }

    /// Of a CONNECT: 4 for MQTT 3.1.1, 5 for MQTT 5.
    var protocolLevel: UInt8? {
        guard let nameLength = integer(at: 0), body.count > 2 + nameLength else { return nil }
        return body[2 + nameLength]
    }

    /// Of a PUBACK: the packet identifier, and the reason code (0 for success, also where it is left out).
    var acknowledgement: (identifier: UInt16, reason: UInt8)? {
        guard let identifier = integer(at: 0) else { return nil }
        return (UInt16(identifier), body.count > 2 ? body[2] : 0)
    }

    /// Of a PUBLISH with QoS 1 or 2.
    func publish(protocolLevel: UInt8) -> (identifier: UInt16, topic: String, payload: [UInt8])? {
        guard firstByte & 0x06 != 0, let topicLength = integer(at: 0), let identifier = integer(at: 2 + topicLength)
        else { return nil }
        var start = 4 + topicLength
        if protocolLevel >= 5 {
            var length = 0
            for shift in [0, 7, 14, 21] {
                guard start < body.count else { return nil }
                length |= Int(body[start] & 0x7F) << shift
                start += 1
                if body[start - 1] & 0x80 == 0 { break }
            }
            start += length
        }
        guard start <= body.count else { return nil }
        return (
            UInt16(identifier), String(decoding: body[2..<(2 + topicLength)], as: UTF8.self), Array(body[start...])
        )
    }

    /// The 16-bit big-endian number at `offset`.
    private func integer(at offset: Int) -> Int? {
        guard offset + 2 <= body.count else { return nil }
        return Int(body[offset]) << 8 | Int(body[offset + 1])
    }
}
