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
            guard let properties = variableInteger(at: start) else { return nil }
            start = properties.end + properties.value
        }
        guard start <= body.count else { return nil }
        return (
            UInt16(identifier), String(decoding: body[2..<(2 + topicLength)], as: UTF8.self), Array(body[start...])
        )
    }

    /// Of a PUBLISH of MQTT 5 with QoS 1 or 2: the user properties (section 3.3.2.3.7), in order.
    var publishUserProperties: [(name: String, value: String)] {
        guard let topicLength = integer(at: 0), let length = variableInteger(at: 4 + topicLength) else { return [] }
        let end = min(length.end + length.value, body.count)
        var next = length.end
        var properties: [(String, String)] = []
        while next < end {
            let type = body[next]
            next += 1
            switch type {
            case 0x01: next += 1
            case 0x02: next += 4
            case 0x23: next += 2
            case 0x0B: next = variableInteger(at: next)?.end ?? end
            case 0x03, 0x08, 0x09: next += 2 + (integer(at: next) ?? end)
            case 0x26:
                guard let name = text(at: next), let value = text(at: name.end) else { return properties }
                properties.append((name.text, value.text))
                next = value.end
            default: return properties
            }
        }
        return properties
    }

    private func text(at offset: Int) -> (text: String, end: Int)? {
        guard let length = integer(at: offset), offset + 2 + length <= body.count else { return nil }
        let end = offset + 2 + length
        return (String(decoding: body[(offset + 2)..<end], as: UTF8.self), end)
    }

    /// The variable byte integer (section 1.5.5) at `offset`, and where it ends.
    private func variableInteger(at offset: Int) -> (value: Int, end: Int)? {
        var value = 0
        var next = offset
        for shift in [0, 7, 14, 21] {
            guard next < body.count else { return nil }
            value |= Int(body[next] & 0x7F) << shift
            next += 1
            if body[next - 1] & 0x80 == 0 { break }
        }
        return (value, next)
    }

    /// The 16-bit big-endian number at `offset`.
    private func integer(at offset: Int) -> Int? {
        guard offset + 2 <= body.count else { return nil }
        return Int(body[offset]) << 8 | Int(body[offset + 1])
    }
}
