import Simulation

/// Unit, function and what follows, out of the bytes of Modbus RTU or ASCII; nothing is checked but the form.
struct ModbusTelegram: Equatable, Sendable {
    /// Without CRC or LRC.
    var content: [UInt8]

    /// Reads a whole telegram; nil where it is none.
    init?(_ bytes: [UInt8]) {
        if bytes.first == UInt8(ascii: ":") {
            let digits = bytes.dropFirst().prefix { Character(Unicode.Scalar($0)).isHexDigit }
            guard digits.count >= 6, digits.count.isMultiple(of: 2) else { return nil }
            content = stride(from: digits.startIndex, to: digits.endIndex - 2, by: 2).map { index in
                UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
            }
        } else {
            guard bytes.count >= 5 else { return nil }
            content = Array(bytes.dropLast(2))
        }
    }

    /// A telegram of this content.
    init(content: [UInt8]) { self.content = content }

    var unit: UInt8 { content[0] }
    var function: UInt8 { content[1] }
    /// The first register of a request.
    var first: Int { content.count >= 4 ? Int(content[2]) << 8 | Int(content[3]) : 0 }

    /// As it travels.
    func bytes(isASCII: Bool) -> [UInt8] {
        guard isASCII else { return content + ModbusSlaves.checksum(content) }
        let sum = 0 &- content.reduce(0, &+)
        let digits = (content + [sum]).map { byte in
            (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return Array(":\(digits.joined())\r\n".utf8)
    }

    /// The first request of eight bytes, with a CRC that fits, to this unit.
    static func firstRTURequest(to unit: UInt8, in heard: [UInt8]) -> (place: Range<Int>, telegram: Self)? {
        guard heard.count >= 8 else { return nil }
        for start in 0...heard.count - 8 where heard[start] == unit {
            let content = Array(heard[start..<start + 6])
            if ModbusSlaves.checksum(content) == Array(heard[start + 6..<start + 8]) {
                return (start..<start + 8, ModbusTelegram(content: content))
            }
        }
        return nil
    }

    /// The first request between `:` and line feed, with an LRC that fits, to this unit.
    static func firstASCIIRequest(to unit: UInt8, in heard: [UInt8]) -> (place: Range<Int>, telegram: Self)? {
        var start = 0
        while let colon = heard[start...].firstIndex(of: UInt8(ascii: ":")) {
            guard let end = heard[colon...].firstIndex(of: 0x0A) else { return nil }
            let line = Array(heard[colon...end])
            if let telegram = ModbusTelegram(line), telegram.bytes(isASCII: true) == line, telegram.unit == unit,
                telegram.content.count == 6
            {
                return (colon..<end + 1, telegram)
            }
            start = colon + 1
        }
        return nil
    }
}
