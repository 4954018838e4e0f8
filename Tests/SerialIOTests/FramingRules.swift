import AgentTestKit
import SerialIO

/// Rules as profiles declare them, for the framings that the golden vectors name.
enum FramingRules {
    static let pms = FramingRule(
        .length(
            start: BytePattern([0x42, 0x4D]),
            length: LengthField(at: 2, width: 2, isLittleEndian: false, add: 4, allowed: .sizes([24, 32, 40])),
            trailer: BytePattern()),
        checksum: ChecksumRule(.sum16))
    static let sds011 = FramingRule(
        .fixed(start: BytePattern([0xAA, 0xC0]), size: 10, trailer: BytePattern([0xAB])),
        checksum: ChecksumRule(.sum8, from: 2, to: -2, at: -2))
    static let mhz19 = FramingRule(
        .fixed(start: BytePattern([0xFF, 0x86]), size: 9, trailer: BytePattern()),
        checksum: ChecksumRule(.sum8Negative, from: 1))
    static let ld2410 = FramingRule(
        .length(
            start: BytePattern([0xF4, 0xF3, 0xF2, 0xF1]),
            length: LengthField(at: 4, width: 2, isLittleEndian: true, add: 10, allowed: .range(12...64)),
            trailer: BytePattern([0xF8, 0xF7, 0xF6, 0xF5])))
    static let shdlc = FramingRule(.stuffed(.shdlc), checksum: ChecksumRule(.sum8Not))
    static let kmp = FramingRule(
        .stuffed(Stuffing(start: [0x40], end: [0x0D], escape: 0x1B, restoration: .exclusiveOr(0xFF))),
        checksum: ChecksumRule(.crc(CRC(named: "crc16/xmodem")!)))
    static let vedirectHex = FramingRule(
        .asciiHex(start: [0x3A], end: [0x0A], nibbleFirst: true), checksum: ChecksumRule(.sum8To(0x55)))

    /// The rule for a framer's name in the vectors, and the request that goes before; nil for one of other tests.
    static func rule(for framer: String) -> (rule: FramingRule, request: [UInt8]?)? {
        switch framer {
        case "pms": return (pms, nil)
        case "sds011": return (sds011, nil)
        case "mhz19": return (mhz19, nil)
        case "ld2410": return (ld2410, nil)
        case "ubx": return (FramingRule(.telegram(.ubx)), nil)
        case "nmea": return (FramingRule(.telegram(.nmea), sizeMax: 128), nil)
        case "shdlc": return (shdlc, nil)
        case "cobs": return (FramingRule(.cobs), nil)
        case "json": return (.lines(sizeMax: 256), nil)
        default:
            let parts = framer.split(separator: ":")
            guard parts.count == 4, parts[0] == "modbus" else { return nil }
            let numbers = parts.dropFirst().compactMap { Int($0) }
            let request = modbusRequest(unit: numbers[0], function: numbers[1], quantity: numbers[2] / 2)
            return (FramingRule(.modbusRTU), request)
        }
    }

    /// A request to read or write, with its CRC.
    static func modbusRequest(unit: Int, function: Int, first: Int = 0, quantity: Int) -> [UInt8] {
        sealed([unit, function, first >> 8, first & 0xFF, quantity >> 8, quantity & 0xFF].map { UInt8($0) })
    }

    /// A Modbus RTU frame with its CRC.
    static func sealed(_ content: [UInt8]) -> [UInt8] {
        content + Checksum(ChecksumRule(.crc(CRC(named: "crc16/modbus")!), encoding: .le)).bytes(of: content)
    }

    /// What the framing leaves of a frame that came as `frame`, worked out another way than the framer's.
    static func content(of frame: [UInt8], framer: String) -> [UInt8] {
        switch framer {
        case "shdlc":
            var content: [UInt8] = []
            var isEscaped = false
            for byte in frame.dropFirst().dropLast() {
                if byte == 0x7D {
                    isEscaped = true
                } else {
                    content.append(isEscaped ? byte ^ 0x20 : byte)
                    isEscaped = false
                }
            }
            return content
        case "nmea":
            let text = String(decoding: frame, as: UTF8.self)
            return Array(text.dropFirst().prefix { $0 != "*" }.utf8)
        case "json": return Array(frame.prefix { $0 != 0x0D && $0 != 0x0A })
        case let name where name.hasPrefix("modbus:"): return Array(frame.dropLast(2))
        default: return frame
        }
    }
}
